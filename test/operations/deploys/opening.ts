import { isTaken } from '../../chaos/sandbox.js';
import { sleep } from '../../chaos/time.js';
import type { Surroundings, World } from '../../chaos/world.js';

const PATIENCE_MS = 30_000;

/** Openings at a fixed rate, each of an invoice of its own and asked for once: a partner that does not try again. */
export class Opening {
  private readonly begun = performance.now();
  private readonly asked: Promise<string>[] = [];
  private readonly work: Promise<void>;
  private running = true;

  /** @param rate a second */
  constructor(
    private readonly world: World<Surroundings>,
    private readonly rate: number,
  ) {
    this.work = this.run();
  }

  get count(): number {
    return this.asked.length;
  }

  /** No more are asked for; those under way are waited for. @returns one word for each */
  async stop(): Promise<string[]> {
    this.running = false;
    await this.work;
    return Promise.all(this.asked);
  }

  private async run(): Promise<void> {
    while (this.running) {
      const due = (this.asked.length / this.rate) * 1_000;
      await sleep(Math.max(0, due - (performance.now() - this.begun)));
      this.asked.push(this.ask());
    }
  }

  private async ask(): Promise<string> {
    const answer = await this.world.ask({ invoiceNumber: this.world.newInvoice(), timeoutMs: PATIENCE_MS });
    if (!answer) return 'no answer';
    return isTaken(answer.status) ? 'opened' : `${answer.status} ${answer.text.replaceAll(/\s+/g, ' ').slice(0, 80)}`;
  }
}
