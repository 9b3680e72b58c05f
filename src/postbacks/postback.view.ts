import { ApiProperty } from '@nestjs/swagger';
import { PAYMENT_STATUSES, type PaymentStatus } from '../cloud-pay/payment-status.js';

export class PostbackView {
  @ApiProperty({ format: 'uuid' }) id: string;
  /** Null: it came to an address that is no payment's. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) paymentId: string | null;
  /** Where the database has lost the payment, as after a restore: the id that the address names. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) addressedTo: string | null;
  /** `inquiry`: Invoice Cloud said it when it was asked. */
  @ApiProperty({ enum: ['postback', 'inquiry'] }) source: string;
  @ApiProperty({ enum: ['verified', 'held', 'rejected'] }) verdict: string;
  /** Why it was not believed. @example ['amount-differs'] */
  reasons: string[];
  @ApiProperty({ type: 'string', nullable: true }) paymentGuid: string | null;
  @ApiProperty({ format: 'date-time' }) receivedAt: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) decidedAt: string | null;
  /** The administrator who accepted or rejected it. */
  @ApiProperty({ type: 'string', nullable: true }) decidedBy: string | null;
  @ApiProperty({ type: 'string', nullable: true }) decisionReason: string | null;
  /** Of one that came to an address that is no payment's: what it says, as far as money hangs on it. Else null. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, nullable: true })
  said: Readonly<Record<string, string>> | null;
}

export class PostbackPageView {
  @ApiProperty({ type: [PostbackView] }) data: PostbackView[];
  /** Pass it as `cursor` for the next page; null on the last one. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

/** One field on which money hangs. */
export class ComparisonView {
  /** @example 'PaymentAmount' */
  field: string;
  @ApiProperty({ type: 'string', nullable: true, example: '3.00' }) asked: string | null;
  @ApiProperty({ type: 'string', nullable: true, example: '2.00' }) said: string | null;
}

class PostbackPaymentView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) billerId: string;
  @ApiProperty({ enum: PAYMENT_STATUSES }) status: PaymentStatus;
  @ApiProperty({ type: 'integer', nullable: true }) amountDueCents: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) amountPaidCents: number | null;
}

export class CandidateView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: PAYMENT_STATUSES }) status: PaymentStatus;
  @ApiProperty({ type: 'integer', nullable: true }) amountDueCents: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) amountPaidCents: number | null;
}

class AcceptancePreview {
  @ApiProperty({ enum: PAYMENT_STATUSES }) status: PaymentStatus;
  /** What would then be returned to the payer. */
  @ApiProperty({ type: 'integer' }) refundCents: number;
}

export class PostbackDetailView extends PostbackView {
  @ApiProperty({ type: PostbackPaymentView, nullable: true }) payment: PostbackPaymentView | null;
  @ApiProperty({ type: [ComparisonView] }) comparison: ComparisonView[];
  /** Of one without a payment: those of the same biller and invoice. Accepting it takes one of them as `paymentId`. */
  @ApiProperty({ type: [CandidateView] }) candidates: CandidateView[];
  /** What accepting it would make of the payment; null where the message does not say enough. */
  @ApiProperty({ type: AcceptancePreview, nullable: true }) ifAccepted: AcceptancePreview | null;
}
