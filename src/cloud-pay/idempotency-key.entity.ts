import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('idempotency_keys')
@Index('idempotency_keys_created_idx', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn('uuid') partnerId: string;
  @PrimaryColumn('uuid') billerId: string;
  @PrimaryColumn('text') key: string;
  /** SHA-256 of the request as it was read, so that spelling and order of names do not matter. */
  @Column('bytea') fingerprint: Buffer;
  @Column('uuid', { nullable: true }) paymentId: string | null;
  /** The answer, once there is one. Owner is the payment's id, field `idempotent-answer`. */
  @Column('text', { nullable: true }) answerSealed: string | null;
  /** Until then an unanswered request counts as running; afterwards its process is taken for dead. */
  @Column('timestamptz') lockedUntil: Date;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
