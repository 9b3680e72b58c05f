import { ApiProperty } from '@nestjs/swagger';
import type { Delivery } from '../relay/delivery.entity.js';
import type { Payment } from './payment.entity.js';
import type { PaymentEvent } from './payment-event.entity.js';
import { PAYMENT_EVENT_TYPES } from './payment-event.entity.js';
import type { Receipt } from './receipt.entity.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

/** How the partner was told. */
export class RelayView {
  /** The `webhook-id` of the delivery. */
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['pending', 'delivered', 'parked'] }) status: string;
  /** Attempts made so far. */
  attempts: number;
  /** HTTP status of the last attempt; null when there was no answer. */
  @ApiProperty({ type: 'integer', nullable: true }) lastStatus: number | null;
  /** Why the last attempt failed. */
  @ApiProperty({ type: 'string', nullable: true }) lastError: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) nextAttemptAt: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) deliveredAt: string | null;
}

/** One payment. Amounts are whole cents (US dollars); times are ISO 8601 in UTC. */
export class PaymentView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) billerId: string;
  @ApiProperty({ enum: PAYMENT_STATUSES }) status: PaymentStatus;
  accountNumber: string;
  invoiceNumber: string;
  @ApiProperty({ type: 'string', nullable: true }) billerReference: string | null;
  /** What was asked for; null when the request named no BalanceDue. @example 300 */
  @ApiProperty({ type: 'integer', nullable: true }) amountDueCents: number | null;
  /** All that was paid, without the fee; a payer may pay in parts, or twice. @example 300 */
  @ApiProperty({ type: 'integer', nullable: true }) amountPaidCents: number | null;
  /**
   * Parts that were paid on other pages of the same invoice and count towards amountDueCents too, as of the opening or the
   * last receipt of this one. @example 0
   */
  @ApiProperty({ type: 'integer' }) paidOnOtherPagesCents: number;
  /** Invoice Cloud's convenience fee, on top of the amount. @example 0 */
  @ApiProperty({ type: 'integer', nullable: true }) feeCents: number | null;
  /** How much of it is to be returned to the payer. @example 0 */
  @ApiProperty({ type: 'integer' }) refundDueCents: number;
  /** Invoice Cloud's id of the first payment. */
  @ApiProperty({ type: 'string', nullable: true }) paymentGuid: string | null;
  /** An earlier opening for the same invoice whose answer was lost: Invoice Cloud may know it. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) supersedes: string | null;
  /** Why no hosted page came back. */
  @ApiProperty({ type: 'object', nullable: true, properties: { code: { type: 'string' }, detail: { type: 'string' } } })
  failure: { code: string; detail: string } | null;
  /** A PostBack did not agree with what was asked and waits for an administrator. */
  needsReview: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) openedAt: string | null;
  /** Until then the hosted page is answered again for the same request. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) pageExpiresAt: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) settledAt: string | null;
}

/** Money that moved, once. */
export class ReceiptView {
  /** Invoice Cloud's id of it. */
  paymentGuid: string;
  /** @example 300 */
  @ApiProperty({ type: 'integer' }) amountCents: number;
  @ApiProperty({ type: 'integer', nullable: true }) feeCents: number | null;
  /** How much of it is to be returned to the payer. @example 0 */
  @ApiProperty({ type: 'integer' }) refundCents: number;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

/** One payment, and how the partner was told of it. */
export class PaymentDetailView extends PaymentView {
  @ApiProperty({ type: [ReceiptView] }) receipts: ReceiptView[];
  @ApiProperty({ type: [RelayView] }) relay: RelayView[];
}

/** A payment that was opened. */
export class OpenedPaymentView extends PaymentView {
  /** Send the payer's browser there. Whoever has this address can open it: do not log it. */
  @ApiProperty({ format: 'uri' }) cloudPaymentUrl: string;
  /** It is the page of an earlier request for the same invoice, which still lives. */
  reused: boolean;
}

export class PaymentPageView {
  @ApiProperty({ type: [PaymentView] }) data: PaymentView[];
  /** Pass it as `cursor` for the next page; null on the last one. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

export class PaymentEventView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: PAYMENT_EVENT_TYPES }) type: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) data: Readonly<Record<string, unknown>>;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

export class PaymentEventsView {
  @ApiProperty({ type: [PaymentEventView] }) data: PaymentEventView[];
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** What a view of a payment shows, and no secret of it. */
export const PAYMENT_SHOWN = [
  'id',
  'billerId',
  'status',
  'accountNumber',
  'invoiceNumber',
  'billerReference',
  'amountDueCents',
  'amountPaidCents',
  'otherPagesCents',
  'feeCents',
  'refundDueCents',
  'paymentGuid',
  'supersedesId',
  'failureCode',
  'failureDetail',
  'needsReview',
  'createdAt',
  'openedAt',
  'pageExpiresAt',
  'settledAt',
] as const satisfies readonly (keyof Payment)[];

export function paymentView(payment: Pick<Payment, (typeof PAYMENT_SHOWN)[number]>): PaymentView {
  return {
    id: payment.id,
    billerId: payment.billerId,
    status: payment.status,
    accountNumber: payment.accountNumber,
    invoiceNumber: payment.invoiceNumber,
    billerReference: payment.billerReference,
    amountDueCents: payment.amountDueCents,
    amountPaidCents: payment.amountPaidCents,
    paidOnOtherPagesCents: payment.otherPagesCents,
    feeCents: payment.feeCents,
    refundDueCents: payment.refundDueCents,
    paymentGuid: payment.paymentGuid,
    supersedes: payment.supersedesId,
    failure: payment.failureCode ? { code: payment.failureCode, detail: payment.failureDetail ?? '' } : null,
    needsReview: payment.needsReview,
    createdAt: payment.createdAt.toISOString(),
    openedAt: iso(payment.openedAt),
    pageExpiresAt: iso(payment.pageExpiresAt),
    settledAt: iso(payment.settledAt),
  };
}

export function receiptView(receipt: Receipt): ReceiptView {
  const { paymentGuid, amountCents, feeCents, refundCents, createdAt } = receipt;
  return { paymentGuid, amountCents, feeCents, refundCents, createdAt: createdAt.toISOString() };
}

export function relayView(delivery: Delivery): RelayView {
  return {
    id: delivery.id,
    status: delivery.status,
    attempts: delivery.attempts,
    lastStatus: delivery.lastStatus,
    lastError: delivery.lastError,
    nextAttemptAt: iso(delivery.nextAttemptAt),
    deliveredAt: iso(delivery.deliveredAt),
  };
}

export function eventView(event: PaymentEvent): PaymentEventView {
  return { id: event.id, type: event.type, data: event.data, createdAt: event.createdAt.toISOString() };
}
