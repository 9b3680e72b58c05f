import { Heartbeat } from './heartbeat.js';
import type { Kept } from './frames.js';
import type { Place, SpoolFiles } from './spool-files.js';
import type { Standing } from './spool-rows.js';
import type { Entry } from './waiting.js';

/** A message that waits, and how often it was tried. */
export interface Waits extends Entry {
  /** When it came, by the clock of the process that took it. Milliseconds. */
  readonly at: number;
  readonly place: Place;
  tries: number;
  /** Since when the database, being there, refuses it. By `performance.now()`. */
  refusedSince: number | undefined;
}

/** A spool of this process: its files, and what it tells the database of them. */
export class OwnSpool {
  readonly heart = new Heartbeat<Waits>();
  /** Another process has taken it. Nothing is answered from it any more, and a new one is begun. */
  isLost = false;
  private oldestAt: number | undefined;
  /** Recorded since the last beat was sent. */
  private recorded: Waits[] = [];
  /** Recorded before the last beat was sent. */
  private confirming: Waits[] = [];

  constructor(
    readonly id: string,
    readonly files: SpoolFiles,
  ) {}

  add({ id, subject, at }: Kept, place: Place, notBefore: number): void {
    this.heart.waiting.add({ id, subject, at, place, tries: 0, refusedSince: undefined }, notBefore);
    this.oldestAt = Math.min(this.oldestAt ?? at, at);
  }

  /**
   * A message is recorded. Its line stays until a later beat has been committed. Replay may have found the message stored by a commit
   * that never reached the synchronous standby, and only a later commit on the same server proves that it did.
   */
  done(entry: Waits): void {
    this.heart.waiting.done(entry);
    this.recorded.push(entry);
  }

  /** A beat is about to be sent. */
  sending(): void {
    this.confirming.push(...this.recorded);
    this.recorded = [];
  }

  /** The beat was committed by the server that was asked before. */
  confirmed(): void {
    for (const { place } of this.confirming) this.files.release(place);
    this.confirming = [];
  }

  /** The beat failed, or another server took it, which may lack what was recorded. It is replayed again, which is harmless. */
  unconfirmed(): void {
    for (const entry of [...this.confirming, ...this.recorded]) this.heart.waiting.add(entry, performance.now());
    this.confirming = [];
    this.recorded = [];
  }

  /** Looks through all that waits for the oldest. To be called once in a while. */
  lookForOldest(): void {
    this.oldestAt = undefined;
    for (const { at } of this.heart.waiting) this.oldestAt = Math.min(this.oldestAt ?? at, at);
  }

  get standing(): Standing {
    const { size } = this.heart.waiting;
    const oldestAt = size === 0 || this.oldestAt === undefined ? null : new Date(this.oldestAt);
    return { waiting: size, bytes: this.files.bytes, oldestAt };
  }
}
