import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type PostbackVerdict = 'verified' | 'held' | 'rejected';

/** What Invoice Cloud told us, by a PostBack or when we asked, as it came, and what we made of it. */
@Entity('postbacks')
@Check('postbacks_verdict_check', `verdict in ('verified', 'held', 'rejected')`)
@Check('postbacks_source_check', `source in ('postback', 'inquiry')`)
@Check('postbacks_payment_check', `payment_id is not null or verdict <> 'held' or addressed_to is not null`)
@Index('postbacks_meaning_key', ['paymentId', 'meaning'], { unique: true })
@Index('postbacks_held_idx', ['receivedAt'], { where: `verdict = 'held'` })
@Index('postbacks_doubtful_idx', ['verdict', 'id'], { where: `verdict <> 'verified'` })
@Index('postbacks_unknown_key', ['meaning'], { unique: true, where: 'payment_id is null' })
@Index('postbacks_unknown_idx', ['receivedAt'], { where: 'payment_id is null' })
export class Postback {
  @PrimaryColumn('uuid') id: string;
  /** Null: it came to an address that is no payment's. */
  @Column('uuid', { nullable: true }) paymentId: string | null;
  /** The payment that a genuine address names, where the database does not know it. */
  @Column('uuid', { nullable: true }) addressedTo: string | null;
  @Column('text', { default: 'postback' }) source: 'postback' | 'inquiry';
  @Column('text') verdict: PostbackVerdict;
  /** Why it was held or rejected; stays when an administrator has decided. */
  @Column('text', { array: true }) reasons: string[];
  @Column('text', { nullable: true }) paymentGuid: string | null;
  /** SHA-256 of what the message says; the same again is the same message. */
  @Column('bytea') meaning: Buffer;
  /** Owner is the postback's id, field `raw`: it holds the payer's name and address. */
  @Column('text') rawSealed: string;
  @Column('timestamptz', { default: () => 'now()' }) receivedAt: Date;
  @Column('timestamptz', { nullable: true }) decidedAt: Date | null;
  /** The administrator who accepted or rejected it. */
  @Column('text', { nullable: true }) decidedBy: string | null;
  @Column('text', { nullable: true }) decisionReason: string | null;
}
