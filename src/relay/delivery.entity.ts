import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { RelayEndpoint } from './endpoint.entity.js';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'parked'] as const;

export type DeliveryStatus =
  /** Waiting for its next attempt. */
  | 'pending'
  | 'delivered'
  /** Every attempt failed; kept for thirty days, to be replayed. */
  | 'parked';

/** One message for one partner, and its place in the queue. Its id is the `webhook-id`, the same at every attempt. */
@Entity('deliveries')
@Check('deliveries_status_check', `status in ('pending', 'delivered', 'parked')`)
@Unique('deliveries_sequence_key', ['subjectId', 'sequence'])
@Index('deliveries_queue_idx', ['partnerId', 'endpointId', 'nextAttemptAt'], { where: `status = 'pending'` })
@Index('deliveries_undelivered_idx', ['status', 'id'], { where: `status <> 'delivered'` })
@Index('deliveries_delivered_idx', ['deliveredAt'], { where: `status = 'delivered'` })
@Index('deliveries_parked_idx', ['parkedAt'], { where: `status = 'parked'` })
@Index('deliveries_partner_idx', ['partnerId', 'id'])
@Index('deliveries_endpoint_idx', ['endpointId', 'id'])
@Index('deliveries_biller_idx', ['billerId', 'id'])
export class Delivery {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') partnerId: string;
  @Column('uuid') @ForeignKey(() => RelayEndpoint, { name: 'deliveries_endpoint_fkey' }) endpointId: string;
  /** What it is about; the relay knows no more of it than its id. */
  @Column('uuid') subjectId: string;
  /** Whose subject it is, for keys that act for some billers alone. */
  @Column('uuid', { nullable: true }) billerId: string | null;
  /** 1, 2, 3 … of its subject. */
  @Column('integer') sequence: number;
  @Column('text') url: string;
  @Column('text') contentType: string;
  /** Owner is the delivery's id, field `body`: it holds the payer's name and address. */
  @Column('text') bodySealed: string;
  @Column('text') status: DeliveryStatus;
  @Column('integer', { default: 0 }) attempts: number;
  /** Attempts that were made before the last replay: the schedule begins anew after them. */
  @Column('integer', { default: 0 }) attemptsBefore: number;
  @Column('integer', { nullable: true }) lastStatus: number | null;
  @Column('text', { nullable: true }) lastError: string | null;
  @Column('timestamptz', { nullable: true }) lastAttemptAt: Date | null;
  @Column('timestamptz', { nullable: true }) nextAttemptAt: Date | null;
  /** A worker has it until then; after that it is taken for lost. */
  @Column('timestamptz', { nullable: true }) claimedUntil: Date | null;
  /** Put off because an earlier one of its subject was pending when it was recorded. */
  @Column('boolean', { default: false }) held: boolean;
  /** A later one of its subject was recorded while it was pending, and may be waiting for it. */
  @Column('boolean', { default: false }) awaited: boolean;
  @Column('timestamptz', { nullable: true }) deliveredAt: Date | null;
  @Column('timestamptz', { nullable: true }) parkedAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
