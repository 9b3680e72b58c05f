import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** An alert that stands, or stood in the last 30 days. One row for each kind and subject; times are the database's. */
@Entity('alerts')
@Unique('alerts_name_key', ['kind', 'subject'])
@Index('alerts_standing_idx', ['standsUntil'], { where: 'cleared_at is null' })
export class StoredAlert {
  @PrimaryColumn('uuid') id: string;
  /** A key of `ALERT_KINDS`, or a kind of another release. */
  @Column('text') kind: string;
  @Column('text') subject: string;
  @Column('text') detail: string;
  @Column('timestamptz', { default: () => 'now()' }) firstSeenAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) lastSeenAt: Date;
  /** Every process that sees it puts this off. Nobody did: it is over. */
  @Column('timestamptz') standsUntil: Date;
  /** Null while it stands. */
  @Column('timestamptz', { nullable: true }) clearedAt: Date | null;
  /** Whether the last message said that it stands. Differs from the truth while a message is due. */
  @Column('boolean', { default: false }) told: boolean;
  /** Of the last message that was taken. */
  @Column('timestamptz', { nullable: true }) toldAt: Date | null;
  /** Messages since it was last quiet for an hour: the more there were, the longer the next one waits. */
  @Column('integer', { default: 0 }) messages: number;
  /** Failed attempts at the message that is due. */
  @Column('integer', { default: 0 }) attempts: number;
  @Column('timestamptz', { default: () => 'now()' }) nextAttemptAt: Date;
  /** A process is telling it until then; after that it is taken for lost. */
  @Column('timestamptz', { nullable: true }) claimedUntil: Date | null;
}
