import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { Partner } from '../partners/partner.entity.js';

@Entity('idempotency_keys')
@Index('idempotency_keys_created_idx', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn('uuid') @ForeignKey(() => Partner, { name: 'idempotency_keys_partner_fkey' }) partnerId: string;
  @PrimaryColumn('uuid') @ForeignKey(() => Biller, { name: 'idempotency_keys_biller_fkey' }) billerId: string;
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
