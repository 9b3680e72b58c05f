import { writeSync } from 'node:fs';
import { lastWords, type KillPoint, type Moment } from './protocol.js';

/** Counts the labelled steps that this process takes, and ends it at the one it was told. */
export class Points {
  private readonly seen = new Map<string, number>();
  private armed: { readonly point: KillPoint; count: number } | undefined;

  arm(point: KillPoint | undefined): void {
    this.armed = point && { point, count: 0 };
  }

  /** Notes that a step is about to be taken. */
  enter(label: string): void {
    this.seen.set(label, (this.seen.get(label) ?? 0) + 1);
    if (this.armed?.point.label === label) this.armed.count += 1;
    this.pass(label, 'before');
  }

  /** Whether this very step ends at `moment`; asked before it is taken, since later ones may come in between. */
  isDue(label: string, moment: Moment): boolean {
    const { armed } = this;
    return armed?.point.label === label && armed.point.moment === moment && armed.count === armed.point.nth;
  }

  /** Ends the process if this is where it was told to. By SIGKILL: nothing is flushed, closed or said. */
  pass(label: string, moment: Moment): void {
    if (!this.isDue(label, moment)) return;
    // At once and by the shortest way: what Node would still have to send is lost.
    writeSync(2, lastWords(label, moment));
    die();
  }

  take(): Record<string, number> {
    const labels = Object.fromEntries(this.seen);
    this.seen.clear();
    return labels;
  }
}

export function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment to arrive; not one more line of ours runs until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('unreachable');
}
