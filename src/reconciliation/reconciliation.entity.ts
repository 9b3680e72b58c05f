import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { Payment } from '../cloud-pay/payment.entity.js';
import { centsColumn } from '../database/database.js';
import type { Category } from './compare.js';

/** A day for which the daily reconciliations were begun, by whichever process was first. */
@Entity('reconciliation_days')
export class ReconciliationDay {
  @PrimaryColumn('date') day: string;
}

/** One comparison of a biller's payments, opened from one time to another, with what Invoice Cloud says. */
@Entity('reconciliations')
@Check('reconciliations_status_check', `status in ('running', 'done')`)
@Index('reconciliations_biller_idx', ['billerId', 'id'])
@Index('reconciliations_running_idx', ['id'], { where: `status = 'running'` })
export class Reconciliation {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'reconciliations_biller_fkey' }) billerId: string;
  @Column('timestamptz') fromAt: Date;
  @Column('timestamptz') toAt: Date;
  @Column('text', { default: 'running' }) status: 'running' | 'done';
  /** Null: the daily one. */
  @Column('text', { nullable: true }) requestedBy: string | null;
  /** Payments to compare, and those compared so far. */
  @Column('integer') total: number;
  @Column('integer', { default: 0 }) compared: number;
  /** Category to number of payments. */
  @Column('jsonb', { default: () => `'{}'` }) counts: Partial<Record<Category, number>>;
  /** Whether Invoice Cloud was asked; false where the biller does not let us, or it did not answer. */
  @Column('boolean', { default: false }) asked: boolean;
  /** The last payment compared. */
  @Column('uuid', { nullable: true }) cursor: string | null;
  /** Until then a process is at work on it. */
  @Column('timestamptz', { nullable: true }) leasedUntil: Date | null;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { nullable: true }) finishedAt: Date | null;
}

/** What was found about one payment. Amounts are cents, as they were then. */
@Entity('reconciliation_items')
@Check(
  'reconciliation_items_category_check',
  `category in ('match', 'mismatch', 'missing', 'duplicate', 'conflicting', 'not-asked')`,
)
@Index('reconciliation_items_category_idx', ['reconciliationId', 'category', 'paymentId'])
export class ReconciliationItem {
  @PrimaryColumn('uuid')
  @ForeignKey(() => Reconciliation, { name: 'reconciliation_items_reconciliation_fkey', onDelete: 'CASCADE' })
  reconciliationId: string;
  @PrimaryColumn('uuid')
  @ForeignKey(() => Payment, { name: 'reconciliation_items_payment_fkey' })
  paymentId: string;
  @Column('text') category: Category;
  @Column('text') reason: string;
  @Column('text') accountNumber: string;
  @Column('text') invoiceNumber: string;
  @Column('text') status: string;
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountDueCents: number | null;
  @Column('bigint', { nullable: true, transformer: centsColumn }) amountPaidCents: number | null;
  @Column('bigint', { transformer: centsColumn }) refundDueCents: number;
  /** Null: Invoice Cloud was not asked, or does not know the invoice. */
  @Column('bigint', { nullable: true, transformer: centsColumn }) balanceThereCents: number | null;
}
