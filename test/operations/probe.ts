import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { Client } from 'pg';
import { sleep } from '../chaos/time.js';

const EVERY_MS = 200;
const PATIENCE_MS = 3_000;

/** When the database was away, by the clock of this machine. Milliseconds since 1970. */
export interface Away {
  readonly from: number;
  readonly until: number;
}

/** Writes to the database again and again, each time on a new connection: the measure of when it is there. */
export class Probe {
  private running = true;
  private readonly begun = Date.now();
  private readonly work: Promise<void>;
  private failedFirst: number | undefined;
  private backAt: number | undefined;

  constructor(private readonly url: string) {
    this.work = this.run();
  }

  /** @returns undefined when every write since the start went well */
  away(): Away | undefined {
    if (this.failedFirst === undefined) return undefined;
    return { from: this.failedFirst, until: this.backAt ?? Date.now() };
  }

  /** Whether every write of the last `ms` milliseconds went well. */
  wellFor(ms: number): boolean {
    const since = this.failedFirst === undefined ? this.begun : this.backAt;
    return since !== undefined && Date.now() - since >= ms;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.work;
  }

  private async run(): Promise<void> {
    while (this.running) {
      const begun = Date.now();
      const well = await wrote(this.url);
      if (!well) {
        this.failedFirst ??= begun;
        this.backAt = undefined;
      } else if (this.failedFirst !== undefined) this.backAt ??= Date.now();
      await sleep(EVERY_MS);
    }
  }
}

/** One write on a connection of its own. */
async function wrote(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined);
  try {
    const write = client.connect().then(() => client.query('insert into laboratory.probe values ($1)', [randomUUID()]));
    return (await Promise.race([write, sleep(PATIENCE_MS)])) !== undefined;
  } catch {
    return false;
  } finally {
    // Not `end`, which would wait for an answer that may never come.
    (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
  }
}
