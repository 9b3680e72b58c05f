import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Payment } from './payment.entity.js';

export const PAYMENT_EVENT_TYPES = [
  'payment.opening',
  'payment.open',
  'payment.failed',
  'payment.paid',
  'payment.declined',
  'postback.held',
] as const;

/** Something that happened to a payment. Added to, never changed. */
@Entity('payment_events')
@Index('payment_events_payment_idx', ['paymentId', 'id'])
export class PaymentEvent {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Payment, { name: 'payment_events_payment_fkey' }) paymentId: string;
  @Column('text') type: (typeof PAYMENT_EVENT_TYPES)[number];
  /** No secret and no payer's data. */
  @Column('jsonb') data: Readonly<Record<string, unknown>>;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) createdAt: Date;
}
