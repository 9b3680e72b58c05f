import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { centsColumn } from '../database/database.js';

/** The spool of one process, and what it promises to the others (`Lease`). */
@Entity('spools')
export class SpoolRow {
  /** The name of its folder. */
  @PrimaryColumn('uuid') id: string;
  /** The process that may replay it. */
  @Column('uuid') owner: string;
  /** Where that process runs, for an administrator. */
  @Column('text') host: string;
  /** Number of the owner's last beat. */
  @Column('bigint', { transformer: centsColumn }) beat: number;
  @Column('timestamptz', { default: () => 'now()' }) seenAt: Date;
  /** Until then every message that was answered from this spool is recorded or marked. Null: nothing is promised. */
  @Column('timestamptz', { nullable: true }) leaseUntil: Date | null;
  /** By whose clock. After a failover the promise is void. */
  @Column('timestamptz') serverStartedAt: Date;
  /** Messages in it, as of the last beat, */
  @Column('int', { default: 0 }) waiting: number;
  /** how much room they take, */
  @Column('bigint', { default: 0, transformer: centsColumn }) bytes: number;
  /** and when the oldest came. */
  @Column('timestamptz', { nullable: true }) oldestAt: Date | null;
}

/** Messages about this subject wait in this spool, and were or will be answered. */
@Entity('spool_marks')
@Index('spool_marks_spool_idx', ['spoolId'])
export class SpoolMark {
  @PrimaryColumn('uuid') subjectId: string;
  @PrimaryColumn('uuid') spoolId: string;
}
