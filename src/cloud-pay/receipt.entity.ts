import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { centsColumn } from '../database/database.js';

/** Money that moved, once: one PaymentGUID of a biller is one receipt, from however many connections it comes. Cents. */
@Entity('receipts')
@Unique('receipts_payment_guid_key', ['billerId', 'paymentGuid'])
@Index('receipts_payment_idx', ['paymentId', 'id'])
export class Receipt {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') paymentId: string;
  @Column('uuid') billerId: string;
  @Column('text') paymentGuid: string;
  @Column('bigint', { transformer: centsColumn }) amountCents: number;
  /** The convenience fee on top; null when the PostBack named none. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) feeCents: number | null;
  /** How much of the amount is to be returned to the payer. */
  @Column('bigint', { default: 0, transformer: centsColumn }) refundCents: number;
  /** Not the transaction's beginning: the order of receipts is that in which they were booked, behind the payment's lock. */
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) createdAt: Date;
}
