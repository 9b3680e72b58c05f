import { type BeforeApplicationShutdown, Logger, type OnModuleDestroy } from '@nestjs/common';
import { traceOf } from './problem.js';

/** Work that takes long looks at the signal between its steps, and ends early when it is given. */
export type Sweep = (stopping: AbortSignal) => Promise<unknown>;

/**
 * Does work again and again until the platform stops, one round of a name at a time. Every process may do the same work:
 * each round is made of statements that do nothing when another process was there first.
 */
export class Sweepers implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly running = new Map<string, Promise<void>>();

  constructor(private readonly seconds: number) {}

  every(name: string, work: readonly Sweep[], seconds = this.seconds): void {
    const logger = new Logger(name);
    const { signal } = this.stopping;
    const round = async (): Promise<void> => {
      for (const task of work) {
        if (signal.aborted) break;
        await task(signal).catch((error: unknown) => logger.error(traceOf(error), 'sweep failed'));
      }
      this.running.delete(name);
    };
    const begin = (): void => void (this.running.has(name) || this.running.set(name, round()));
    this.timers.push(setInterval(begin, seconds * 1000).unref());
  }

  /** Nothing new; and what is under way is told at once, while everything else is still closing. */
  onModuleDestroy(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.stopping.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.running.values());
  }
}
