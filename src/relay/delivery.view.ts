import { ApiProperty } from '@nestjs/swagger';
import { type Delivery, DELIVERY_STATUSES, type DeliveryStatus } from './delivery.entity.js';
import type { RelayEndpoint } from './endpoint.entity.js';

const WAITING_FOR = ['earlier-delivery', 'switched-off-endpoint', 'failing-endpoint'] as const;

export class DeliveryView {
  /** The `webhook-id`, the same at every attempt and replay. */
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) partnerId: string;
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) billerId: string | null;
  /** What it is about. */
  @ApiProperty({ format: 'uuid' }) paymentId: string;
  /** 1, 2, 3 … of its payment. */
  @ApiProperty({ type: 'integer' }) sequence: number;
  @ApiProperty({ format: 'uuid' }) endpointId: string;
  /** Origin and path of the PostBackURL. */
  @ApiProperty() endpointUrl: string;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status: DeliveryStatus;
  /** Why a pending one does not go out, where it is not for its own next attempt. */
  @ApiProperty({ type: 'string', enum: WAITING_FOR, nullable: true }) waitingFor: (typeof WAITING_FOR)[number] | null;
  /** Attempts made so far, over replays too. */
  @ApiProperty({ type: 'integer' }) attempts: number;
  /** HTTP status of the last attempt; null when there was no answer. */
  @ApiProperty({ type: 'integer', nullable: true }) lastStatus: number | null;
  /** Why the last attempt failed. */
  @ApiProperty({ type: 'string', nullable: true }) lastError: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) lastAttemptAt: string | null;
  /** At this time at the earliest. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) nextAttemptAt: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) deliveredAt: string | null;
  /** Forgotten 30 days later. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) parkedAt: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

export class DeliveryAttemptView {
  @ApiProperty({ type: 'integer' }) number: number;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ type: 'integer' }) milliseconds: number;
  /** HTTP status; null when there was no answer. */
  @ApiProperty({ type: 'integer', nullable: true }) status: number | null;
  @ApiProperty({ type: 'string', nullable: true }) error: string | null;
  /** The first 1,024 bytes of what the endpoint answered. */
  @ApiProperty({ type: 'string', nullable: true }) answer: string | null;
}

export class DeliveryDetailView extends DeliveryView {
  @ApiProperty({ type: [DeliveryAttemptView] }) history: DeliveryAttemptView[];
}

export class DeliveryPageView {
  @ApiProperty({ type: [DeliveryView] }) data: DeliveryView[];
  /** Pass it as `cursor` for the next page; null on the last one. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

export class ReplayView {
  /** How many deliveries match in all; with `dryRun` alone. */
  @ApiProperty({ type: 'integer', nullable: true }) matching: number | null;
  /** How many go out again by this call. */
  @ApiProperty({ type: 'integer' }) replayed: number;
  /** When the last of them starts: replays go out one after the other. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) lastStartsAt: string | null;
  /** There are more: call again with it as `cursor`. Null: that was all. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

export class EndpointView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) partnerId: string;
  /** Origin and path. */
  @ApiProperty() url: string;
  /** Failures in a row. */
  @ApiProperty({ type: 'integer' }) failures: number;
  /** Held back after failures: one delivery goes first then. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) heldBackUntil: string | null;
  /** Switched off: its deliveries wait until it is switched on. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) disabledAt: string | null;
  @ApiProperty({ type: 'string', nullable: true }) disabledReason: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

export class EndpointPageView {
  @ApiProperty({ type: [EndpointView] }) data: EndpointView[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export function deliveryView(delivery: Delivery, endpoint: RelayEndpoint | undefined): DeliveryView {
  return {
    id: delivery.id,
    partnerId: delivery.partnerId,
    billerId: delivery.billerId,
    paymentId: delivery.subjectId,
    sequence: delivery.sequence,
    endpointId: delivery.endpointId,
    endpointUrl: endpoint?.url ?? '',
    status: delivery.status,
    waitingFor: delivery.status === 'pending' ? waitingFor(delivery, endpoint) : null,
    attempts: delivery.attempts,
    lastStatus: delivery.lastStatus,
    lastError: delivery.lastError,
    lastAttemptAt: iso(delivery.lastAttemptAt),
    nextAttemptAt: iso(delivery.nextAttemptAt),
    deliveredAt: iso(delivery.deliveredAt),
    parkedAt: iso(delivery.parkedAt),
    createdAt: delivery.createdAt.toISOString(),
  };
}

function waitingFor(delivery: Delivery, endpoint: RelayEndpoint | undefined): DeliveryView['waitingFor'] {
  const now = new Date();
  if (endpoint?.disabledAt) return 'switched-off-endpoint';
  if (delivery.held && delivery.nextAttemptAt && delivery.nextAttemptAt > now) return 'earlier-delivery';
  if (endpoint?.openUntil && endpoint.openUntil > now) return 'failing-endpoint';
  return null;
}

export const endpointView = (endpoint: RelayEndpoint): EndpointView => ({
  id: endpoint.id,
  partnerId: endpoint.partnerId,
  url: endpoint.url,
  failures: endpoint.failures,
  heldBackUntil: iso(endpoint.openUntil),
  disabledAt: iso(endpoint.disabledAt),
  disabledReason: endpoint.disabledReason,
  createdAt: endpoint.createdAt.toISOString(),
});
