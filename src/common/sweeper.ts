import { Logger } from '@nestjs/common';
import { traceOf } from './problem.js';

/**
 * Does work again and again until it is stopped, one round at a time. Every process may do the same work: each round is made
 * of statements that do nothing when another process was there first. Work that takes long looks at its signal.
 */
export class Sweeper {
  private readonly timer: NodeJS.Timeout;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(name: string, work: readonly ((stopping: AbortSignal) => Promise<unknown>)[], everySeconds = 60) {
    const logger = new Logger(name);
    const round = async (): Promise<void> => {
      for (const task of work) {
        if (this.stopping.signal.aborted) break;
        await task(this.stopping.signal).catch((error: unknown) => logger.error(traceOf(error), 'sweep failed'));
      }
      this.running = undefined;
    };
    this.timer = setInterval(() => (this.running ??= round()), everySeconds * 1000).unref();
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }
}
