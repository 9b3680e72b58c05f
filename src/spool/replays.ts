import { Logger } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import type { Kept } from './frames.js';
import type { OwnSpool, Waits } from './own-spool.js';

/** At the same time. Two batches of `Batches`, and some that take the longer way. */
const MOST = 128;
const AWAY_MS = 500;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** `away`: the database could not be asked. `refused`: it was there, and did not take it. */
export type Replayed = 'done' | 'away' | 'refused';

/** @param refusedForMs since it was refused first; 0 for the first time */
export type Replay = (message: Kept, refusedForMs: number) => Promise<Replayed>;

/** Takes what waits in a spool to its replay, each subject in order, many subjects at the same time. */
export class Replays {
  private readonly logger = new Logger('spool');
  private readonly underWay = new Set<Promise<void>>();
  private replay: Replay | undefined;
  private stopped = false;

  /** To be called before the application starts. */
  by(replay: Replay): void {
    this.replay = replay;
  }

  /** Begins as many as may be under way. */
  fill(own: OwnSpool): void {
    const { replay } = this;
    const now = performance.now();
    if (!replay || this.stopped || own.isLost || !own.heart.lease.mayReplay(now)) return;
    for (const entry of own.heart.waiting.take(now, MOST - this.underWay.size)) {
      const work = this.one(own, entry, replay);
      this.underWay.add(work);
      const ended = (): void => {
        this.underWay.delete(work);
        this.fill(own);
      };
      void work.then(ended);
    }
  }

  /** Nothing new. @returns when what is under way has ended */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.underWay);
  }

  /** Never throws. */
  private async one(own: OwnSpool, entry: Waits, replay: Replay): Promise<void> {
    const now = performance.now();
    let replayed: Replayed = 'refused';
    try {
      replayed = await replay(await own.files.read(entry.place), now - (entry.refusedSince ?? now));
    } catch (error) {
      this.logger.error({ subject: entry.subject, ...traceOf(error) }, 'a message of the spool was not replayed');
    }
    if (replayed === 'done') return own.done(entry);
    const then = performance.now();
    if (replayed === 'away') return own.heart.waiting.notDone(entry, then + AWAY_MS);
    entry.refusedSince ??= then;
    own.heart.waiting.notDone(entry, then + Math.min(FIRST_MS * 2 ** entry.tries, LONGEST_MS));
    entry.tries += 1;
  }
}
