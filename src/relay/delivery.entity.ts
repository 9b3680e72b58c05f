import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Partner } from '../partners/partner.entity.js';

export type DeliveryStatus =
  /** Waiting for its next attempt. */
  | 'pending'
  | 'delivered'
  /** Every attempt failed; kept for an administrator. */
  | 'parked';

/** One message for one partner. Its id is the `webhook-id`, the same at every attempt. */
@Entity('deliveries')
@Check('deliveries_status_check', `status in ('pending', 'delivered', 'parked')`)
@Index('deliveries_subject_idx', ['subjectId', 'id'])
@Index('deliveries_pending_idx', ['nextAttemptAt'], { where: `status = 'pending'` })
@Index('deliveries_delivered_idx', ['deliveredAt'], { where: `status = 'delivered'` })
export class Delivery {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Partner, { name: 'deliveries_partner_fkey' }) partnerId: string;
  /** What it is about; the relay knows no more of it than its id. */
  @Column('uuid') subjectId: string;
  @Column('text') url: string;
  @Column('text') contentType: string;
  /** Owner is the delivery's id, field `body`: it holds the payer's name and address. */
  @Column('text') bodySealed: string;
  @Column('text') status: DeliveryStatus;
  @Column('integer', { default: 0 }) attempts: number;
  @Column('integer', { nullable: true }) lastStatus: number | null;
  @Column('text', { nullable: true }) lastError: string | null;
  @Column('timestamptz', { nullable: true }) nextAttemptAt: Date | null;
  @Column('timestamptz', { nullable: true }) deliveredAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
