import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { centsColumn } from '../database/database.js';
import { Partner } from '../partners/partner.entity.js';
import type { PaymentStatus } from './payment-status.js';

/** One invoice on its way from the partner's request to the recorded receipt. Amounts are cents. */
@Entity('payments')
@Unique('payments_capability_digest_key', ['capabilityDigest'])
@Check('payments_status_check', `status in ('opening', 'open', 'failed', 'paid', 'declined')`)
@Check('payments_paid_check', `status <> 'paid' or (payment_guid is not null and amount_paid_cents is not null)`)
@Index('payments_payment_guid_key', ['billerId', 'paymentGuid'], {
  unique: true,
  where: 'payment_guid is not null',
})
@Index('payments_opening_idx', ['createdAt'], { where: `status = 'opening'` })
@Index('payments_biller_idx', ['billerId', 'id'])
@Index('payments_status_idx', ['billerId', 'status', 'id'])
@Index('payments_invoice_idx', ['billerId', 'invoiceNumber', 'id'])
@Index('payments_account_idx', ['billerId', 'accountNumber', 'id'])
export class Payment {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'payments_biller_fkey' }) billerId: string;
  @Column('uuid') @ForeignKey(() => Partner, { name: 'payments_partner_fkey' }) partnerId: string;
  @Column('text') status: PaymentStatus;
  @Column('text') accountNumber: string;
  @Column('text') invoiceNumber: string;
  @Column('text', { nullable: true }) billerReference: string | null;
  /** The BalanceDue asked for; null when the request named none. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountDueCents: number | null;
  /** CloudPaymentURL, a bearer link. Owner is the payment's id, field `hosted-page`. */
  @Column('text', { nullable: true }) hostedPageSealed: string | null;
  /** The partner's own, to which the relay delivers. */
  @Column('text', { nullable: true }) postbackUrl: string | null;
  /** SHA-256 of the secret part of the PostBackURL that Invoice Cloud was given. */
  @Column('bytea') capabilityDigest: Buffer;
  @Column('text', { nullable: true }) paymentGuid: string | null;
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountPaidCents: number | null;
  /** The convenience fee that Invoice Cloud took on top. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) feeCents: number | null;
  @Column('text', { nullable: true }) failureCode: string | null;
  @Column('text', { nullable: true }) failureDetail: string | null;
  /** A PostBack was held: an administrator has to look. */
  @Column('boolean', { default: false }) needsReview: boolean;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) updatedAt: Date;
  @Column('timestamptz', { nullable: true }) openedAt: Date | null;
  @Column('timestamptz', { nullable: true }) settledAt: Date | null;
}
