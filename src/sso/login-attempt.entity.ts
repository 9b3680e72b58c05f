import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A password that was tried and was wrong, or whose answer is still out. */
@Entity('login_attempts')
@Index('login_attempts_user_idx', ['userDigest', 'attemptedAt'])
@Index('login_attempts_time_idx', ['attemptedAt'])
export class LoginAttempt {
  @PrimaryColumn('uuid') id: string;
  /** SHA-256 of biller and e-mail address. */
  @Column('bytea') userDigest: Buffer;
  @Column('timestamptz', { default: () => 'now()' }) attemptedAt: Date;
}
