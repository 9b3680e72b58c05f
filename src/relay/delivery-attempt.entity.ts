import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Delivery } from './delivery.entity.js';

/** One exchange with a partner's endpoint. */
@Entity('delivery_attempts')
export class DeliveryAttempt {
  @PrimaryColumn('uuid')
  @ForeignKey(() => Delivery, { name: 'delivery_attempts_delivery_fkey', onDelete: 'CASCADE' })
  deliveryId: string;
  /** From 1, over replays too. */
  @PrimaryColumn('integer') number: number;
  @Column('timestamptz') at: Date;
  @Column('integer') ms: number;
  /** HTTP status; null when there was no answer. */
  @Column('integer', { nullable: true }) status: number | null;
  @Column('text', { nullable: true }) error: string | null;
  /** The answer's first KiB, which may repeat the payer's data. Owner is the delivery's id, field `answer-<number>`. */
  @Column('text', { nullable: true }) answerSealed: string | null;
}
