import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { centsColumn } from '../database/database.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

/** One invoice on its way from the partner's request to the recorded receipt. Amounts are cents. */
@Entity('payments')
@Unique('payments_capability_digest_key', ['capabilityDigest'])
@Check('payments_status_check', `status in (${PAYMENT_STATUSES.map((status) => `'${status}'`).join(', ')})`)
@Check(
  'payments_money_check',
  `(status in ('partially-paid', 'paid', 'overpaid', 'duplicate-payment')) = (payment_guid is not null and amount_paid_cents is not null)`,
)
@Index('payments_one_opening_key', ['billerId', 'invoiceNumber', 'accountNumber'], {
  unique: true,
  where: `status = 'opening'`,
})
@Index('payments_expiry_idx', ['pageExpiresAt'], { where: `status = 'open'` })
@Index('payments_refund_idx', ['id'], { where: 'refund_due_cents > 0' })
@Index('payments_biller_idx', ['billerId', 'id'])
@Index('payments_status_idx', ['billerId', 'status', 'id'])
@Index('payments_invoice_idx', ['billerId', 'invoiceNumber', 'accountNumber', 'id'])
@Index('payments_account_idx', ['billerId', 'accountNumber', 'id'])
export class Payment {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'payments_biller_fkey' }) billerId: string;
  @Column('uuid') partnerId: string;
  @Column('text') status: PaymentStatus;
  @Column('text') accountNumber: string;
  @Column('text') invoiceNumber: string;
  @Column('text', { nullable: true }) billerReference: string | null;
  /** The BalanceDue asked for; null when the request named none. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountDueCents: number | null;
  /** The payer may pay less than the balance, */
  @Column('boolean', { default: false }) allowPartial: boolean;
  /** but not less than this. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) minimumDueCents: number | null;
  /** SHA-256 of all that was asked; null for payments of earlier releases. */
  @Column('bytea', { nullable: true }) termsDigest: Buffer | null;
  /** CloudPaymentURL, a bearer link. Owner is the payment's id, field `hosted-page`. */
  @Column('text', { nullable: true }) hostedPageSealed: string | null;
  /** The partner's own, to which the relay delivers. */
  @Column('text', { nullable: true }) postbackUrl: string | null;
  /** SHA-256 of the last part of the PostBackURL that Invoice Cloud was given. */
  @Column('bytea') capabilityDigest: Buffer;
  /** Until then the hosted page can be used (assumed: Invoice Cloud does not say). */
  @Column('timestamptz', { nullable: true }) pageExpiresAt: Date | null;
  /** When Invoice Cloud was asked last whether the invoice is paid. */
  @Column('timestamptz', { nullable: true }) askedAt: Date | null;
  /** An earlier opening for the same invoice whose answer was lost. */
  @Column('uuid', { nullable: true }) @ForeignKey(() => Payment, { name: 'payments_supersedes_fkey' }) supersedesId:
    string | null;
  /** Of the first receipt. */
  @Column('text', { nullable: true }) paymentGuid: string | null;
  /** The sum of all receipts, */
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountPaidCents: number | null;
  /** the convenience fees that Invoice Cloud took on top, */
  @Column('bigint', { nullable: true, transformer: centsColumn }) feeCents: number | null;
  /** and how much is to be returned to the payer. */
  @Column('bigint', { default: 0, transformer: centsColumn }) refundDueCents: number;
  /** Of the parts on other pages of the invoice, what the partner has subtracted from BalanceDue already (decision 12), */
  @Column('bigint', { default: 0, transformer: centsColumn }) subtractedCents: number;
  /** and what counts towards it, as of the opening or the last receipt. */
  @Column('bigint', { default: 0, transformer: centsColumn }) otherPagesCents: number;
  @Column('text', { nullable: true }) failureCode: string | null;
  @Column('text', { nullable: true }) failureDetail: string | null;
  /** A PostBack was held: an administrator has to look. */
  @Column('boolean', { default: false }) needsReview: boolean;
  /** Of several for one invoice, the later one is the partner's last word: not a transaction's beginning. */
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) createdAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) updatedAt: Date;
  @Column('timestamptz', { nullable: true }) openedAt: Date | null;
  @Column('timestamptz', { nullable: true }) settledAt: Date | null;
}
