import { Column, Entity, type EntityManager, Index, PrimaryColumn } from 'typeorm';
import { newId } from '../common/id.js';

/**
 * Those that begin with `payment.` and a status say that it came to that. `page.opened` stands for `payment.open` where the
 * payer, or the janitor, was quicker than the record of the page: the status stays what it was.
 */
export const PAYMENT_EVENT_TYPES = [
  'payment.opening',
  'payment.open',
  'payment.failed',
  'payment.unconfirmed',
  'payment.declined',
  'payment.expired',
  'payment.partially-paid',
  'payment.paid',
  'payment.overpaid',
  'payment.duplicate-payment',
  'payment.alert',
  'payment.refunded',
  'page.opened',
  'postback.held',
  'postback.accepted',
  'postback.rejected',
] as const;

/** Something that happened to a payment. Added to, never changed. */
@Entity('payment_events')
@Index('payment_events_payment_idx', ['paymentId', 'id'])
// What the overview counts; the usual events are not in it, and cost it nothing.
@Index('payment_events_odd_idx', ['type', 'createdAt'], { where: `type in ('payment.unconfirmed', 'payment.alert')` })
export class PaymentEvent {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') paymentId: string;
  @Column('text') type: (typeof PAYMENT_EVENT_TYPES)[number];
  /** No secret and no payer's data. */
  @Column('jsonb') data: Readonly<Record<string, unknown>>;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) createdAt: Date;
}

/** @param data without a secret and without a payer's data */
export async function addEvent(
  manager: EntityManager,
  paymentId: string,
  type: PaymentEvent['type'],
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await manager.query(`insert into payment_events (id, payment_id, type, data) values ($1, $2, $3, $4)`, [
    newId(),
    paymentId,
    type,
    data,
  ]);
}
