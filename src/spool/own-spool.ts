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

  constructor(
    readonly id: string,
    readonly files: SpoolFiles,
  ) {}

  add({ id, subject, at }: Kept, place: Place, notBefore: number): void {
    this.heart.waiting.add({ id, subject, at, place, tries: 0, refusedSince: undefined }, notBefore);
    this.oldestAt = Math.min(this.oldestAt ?? at, at);
  }

  done(entry: Waits): void {
    this.heart.waiting.done(entry);
    this.files.release(entry.place);
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
