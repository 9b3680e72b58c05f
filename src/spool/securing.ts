import type { OwnSpool } from './own-spool.js';

/** Between two looks whether a promise has lapsed. Milliseconds. */
const LOOK_MS = 20;
/** A promise lapses sooner, so this is for a spool that the database does not know. Milliseconds. */
const PATIENCE_MS = 3_000;

export type Secured = 'secured' | 'lost' | 'late';

interface Waiting {
  readonly own: OwnSpool;
  readonly subject: string;
  readonly until: number;
  readonly done: (secured: Secured) => void;
}

/** Who waits until a message that is flushed may be answered: until its mark is there, or the promise has lapsed. */
export class Securing {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  of(own: OwnSpool, subject: string): Promise<Secured> {
    const now = performance.now();
    const secured = judge(own, subject, now);
    if (secured) return Promise.resolve(secured);
    return new Promise((done) => {
      this.waiting.push({ own, subject, until: now + PATIENCE_MS, done });
      const look = (): void => this.look();
      this.timer ??= setInterval(look, LOOK_MS);
    });
  }

  /** To be called when something has changed; time is looked at anyway. */
  look(): void {
    const now = performance.now();
    const left: Waiting[] = [];
    for (const one of this.waiting) {
      const secured = judge(one.own, one.subject, now) ?? (now > one.until ? 'late' : undefined);
      if (secured) one.done(secured);
      else left.push(one);
    }
    this.waiting = left;
    if (left.length > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

function judge({ isLost, heart }: OwnSpool, subject: string, now: number): Secured | undefined {
  if (isLost) return 'lost';
  const { waiting, lease } = heart;
  // Nothing waits: it was replayed since.
  return waiting.isMarked(subject) || !waiting.has(subject) || lease.lapsed(now) ? 'secured' : undefined;
}
