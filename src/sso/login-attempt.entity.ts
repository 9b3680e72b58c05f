import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A password that was tried and was wrong, or whose answer is still out. */
@Entity('login_attempts')
@Index('login_attempts_user_idx', ['userDigest', 'attemptedAt'])
@Index('login_attempts_time_idx', ['attemptedAt'])
export class LoginAttempt {
  @PrimaryColumn('uuid') id: string;
  /** Of biller and e-mail address, under the ring's first key. */
  @Column('bytea') userDigest: Buffer;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) attemptedAt: Date;
  /** False while its answer is out. */
  @Column('boolean', { default: false }) wrong: boolean;
}
