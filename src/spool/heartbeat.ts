import { type DatabaseTime, Lease } from './lease.js';
import { type Entry, type MarkChanges, Waiting } from './waiting.js';

/** One statement, which renews the promise and makes it true: marks and promise are committed together. */
export interface Beat {
  /** Counts up. The database does none after a later one: a beat that was given up must not bring marks back, nor take any away. */
  readonly number: number;
  readonly sentAt: number;
  /** Null: no promise. The first beat on a connection asks for the time, and whether anything can be written. */
  readonly until: Date | null;
  /** The server that the time is from. Another one takes no promise. */
  readonly server: Date | null;
  readonly changes: MarkChanges;
  /** Makes the spool's row where there is none. Else the row is renewed alone, so that a late beat brings none back. */
  readonly registers: boolean;
}

/** What the database answers. `none`: it has no such row. */
export interface Said {
  readonly row: 'ours' | 'other' | 'none';
  readonly now: Date;
  readonly server: Date;
}

const NO_CHANGES: MarkChanges = { marked: [], unmarked: [] };

/** What a process tells the database of its spool, beat after beat, one at a time. A pure object, played by the model test. */
export class Heartbeat<E extends Entry> {
  readonly lease = new Lease();
  readonly waiting = new Waiting<E>();
  private told: DatabaseTime | undefined;
  private registers = true;
  private count = 0;

  /** To be sent at `now`. It must be heard, or given up, before the next one. */
  next(now: number): Beat {
    const { told, registers } = this;
    const number = (this.count += 1);
    if (!told) return { number, sentAt: now, until: null, server: null, changes: NO_CHANGES, registers };
    const changes = this.waiting.changes();
    this.waiting.sent(changes);
    return { number, sentAt: now, until: this.lease.promise(now, told), server: told.server, changes, registers };
  }

  /** @returns whose the spool is: of `other` nothing may be answered any more, of `none` only where its files are still there */
  heard(beat: Beat, { row, now, server }: Said, at: number): Said['row'] {
    if (row === 'other') return row;
    this.registers = row === 'none';
    // A restored database has no marks of ours, and another server may have fewer than the one that was asked.
    if (row === 'none' || (this.told && this.told.server.getTime() !== server.getTime())) this.waiting.forgetMarks();
    else this.waiting.confirmed(beat.changes);
    this.told = { now, server, at };
    if (row === 'ours') this.lease.confirm(beat.sentAt);
    return row;
  }

  /** Nobody knows whether the last beat was or will be done, and the next one may meet another server. */
  givenUp(): void {
    this.told = undefined;
    this.waiting.forgetMarks();
  }
}
