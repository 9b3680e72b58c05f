import type { SelectQueryBuilder } from 'typeorm';
import { END_OF_TIME, idsAround } from '../common/id.js';
import type { Delivery, DeliveryStatus } from './delivery.entity.js';

/** Whose deliveries a caller may see. Null: everybody's (administrators). */
export interface Reach {
  readonly partnerId: string;
  readonly mode: 'test' | 'live';
  /** Null: every biller of the partner. */
  readonly billerIds: readonly string[] | null;
}

export interface DeliveryFilter {
  readonly partnerId?: string | undefined;
  readonly billerId?: string | undefined;
  /** What they are about. */
  readonly paymentId?: string | undefined;
  readonly endpointId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  /** Recorded at or after this time, and before the other. */
  readonly from?: string | undefined;
  readonly before?: string | undefined;
  /** Not delivered, and failed at this time or later. */
  readonly failedSince?: string | undefined;
}

/** Narrows a selection of deliveries, under the alias `d`. */
export function narrow(select: SelectQueryBuilder<Delivery>, reach: Reach | null, filter: DeliveryFilter): void {
  if (reach) {
    select.andWhere('d.partnerId = :reachPartner', { reachPartner: reach.partnerId });
    // A test key reaches nothing of a live biller. The table by its name: what a biller is, the relay does not know.
    select.andWhere('exists (select from billers b where b.id = d.billerId and b.mode = :reachMode)', {
      reachMode: reach.mode,
    });
    // One biller by equality: the index then answers its deliveries in their order.
    const [only, ...more] = reach.billerIds ?? [];
    if (only !== undefined && more.length === 0) select.andWhere('d.billerId = :only', { only });
    else if (reach.billerIds)
      select.andWhere('d.billerId = any(:reachBillers)', { reachBillers: [...reach.billerIds] });
  }
  if (filter.partnerId) select.andWhere('d.partnerId = :partnerId', { partnerId: filter.partnerId });
  if (filter.billerId) select.andWhere('d.billerId = :billerId', { billerId: filter.billerId });
  if (filter.paymentId) select.andWhere('d.subjectId = :paymentId', { paymentId: filter.paymentId });
  if (filter.endpointId) select.andWhere('d.endpointId = :endpointId', { endpointId: filter.endpointId });
  if (filter.status) select.andWhere('d.status = :status', { status: filter.status });
  const [from, before] = [new Date(filter.from ?? 0), new Date(filter.before ?? END_OF_TIME)];
  const [fromId, beforeId] = idsAround(from, before);
  if (filter.from) select.andWhere('d.id >= :fromId and d.createdAt >= :from', { fromId, from });
  if (filter.before) select.andWhere('d.id < :beforeId and d.createdAt < :before', { beforeId, before });
  if (filter.failedSince) {
    select.andWhere(`d.status <> 'delivered' and d.lastError is not null and d.lastAttemptAt >= :failedSince`, {
      failedSince: new Date(filter.failedSince),
    });
  }
}
