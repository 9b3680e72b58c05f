import { ApiProperty } from '@nestjs/swagger';
import { CATEGORIES, type Category } from './compare.js';
import type { Reconciliation, ReconciliationItem } from './reconciliation.entity.js';

export class ReconciliationView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) billerId: string;
  /** Payments that were opened from then on */
  @ApiProperty({ format: 'date-time' }) from: string;
  /** and before then. */
  @ApiProperty({ format: 'date-time' }) to: string;
  @ApiProperty({ enum: ['running', 'done'] }) status: string;
  /** The administrator; null: the daily one. */
  @ApiProperty({ type: 'string', nullable: true }) requestedBy: string | null;
  /** Payments to compare. */
  @ApiProperty({ type: 'integer' }) total: number;
  /** Those compared so far. */
  @ApiProperty({ type: 'integer' }) compared: number;
  /** Category to number of payments; `not-asked` are those on which Invoice Cloud said nothing. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } }) counts: Partial<Record<Category, number>>;
  /** Whether Invoice Cloud was asked, or our own books were compared alone. */
  asked: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) finishedAt: string | null;
}

export class ReconciliationPageView {
  @ApiProperty({ type: [ReconciliationView] }) data: ReconciliationView[];
  /** Pass it as `cursor` for the next page; null on the last one. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

/** One payment in it. Amounts are whole cents, as they were then. */
export class ReconciliationItemView {
  @ApiProperty({ format: 'uuid' }) paymentId: string;
  @ApiProperty({ enum: CATEGORIES }) category: Category;
  /** @example 'paid-without-postback' */
  reason: string;
  accountNumber: string;
  invoiceNumber: string;
  /** Of the payment. */
  status: string;
  @ApiProperty({ type: 'integer', nullable: true }) amountDueCents: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) amountPaidCents: number | null;
  @ApiProperty({ type: 'integer' }) refundDueCents: number;
  /** What Invoice Cloud still wants for the invoice; null where it was not asked or does not know it. */
  @ApiProperty({ type: 'integer', nullable: true }) balanceThereCents: number | null;
}

export class ReconciliationItemPageView {
  @ApiProperty({ type: [ReconciliationItemView] }) data: ReconciliationItemView[];
  /** Pass it as `cursor` for the next page; null on the last one. */
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

export const reconciliationView = (run: Reconciliation): ReconciliationView => ({
  id: run.id,
  billerId: run.billerId,
  from: run.fromAt.toISOString(),
  to: run.toAt.toISOString(),
  status: run.status,
  requestedBy: run.requestedBy,
  total: run.total,
  compared: run.compared,
  counts: run.counts,
  asked: run.asked,
  createdAt: run.createdAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
});

export const itemView = (item: ReconciliationItem): ReconciliationItemView => ({
  paymentId: item.paymentId,
  category: item.category,
  reason: item.reason,
  accountNumber: item.accountNumber,
  invoiceNumber: item.invoiceNumber,
  status: item.status,
  amountDueCents: item.amountDueCents,
  amountPaidCents: item.amountPaidCents,
  refundDueCents: item.refundDueCents,
  balanceThereCents: item.balanceThereCents,
});
