import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Payment } from '../cloud-pay/payment.entity.js';

/** A message from Invoice Cloud as it came, and what we made of it. */
@Entity('postbacks')
@Check('postbacks_verdict_check', `verdict in ('verified', 'held')`)
@Index('postbacks_meaning_key', ['paymentId', 'meaning'], { unique: true })
export class Postback {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Payment, { name: 'postbacks_payment_fkey' }) paymentId: string;
  @Column('text') verdict: 'verified' | 'held';
  @Column('text', { array: true }) reasons: string[];
  @Column('text', { nullable: true }) paymentGuid: string | null;
  /** SHA-256 of what the message says; the same again is the same message. */
  @Column('bytea') meaning: Buffer;
  /** Owner is the postback's id, field `raw`: it holds the payer's name and address. */
  @Column('text') rawSealed: string;
  @Column('timestamptz', { default: () => 'now()' }) receivedAt: Date;
}
