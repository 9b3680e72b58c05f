import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { freePort } from './ports.js';
import { processes } from './processes.js';

/** The database server of the run: always on the same port and data, so that it can be killed and started again. */
export class Postgres {
  private running: EmbeddedPostgres | undefined;
  port = 0;

  constructor(
    private readonly dataDir: string,
    private readonly binaries?: string,
  ) {}

  async start(): Promise<void> {
    this.port ||= await freePort();
    const { dataDir, port, binaries } = this;
    this.running = await startEmbeddedPostgres({ dataDir, port, ...(binaries !== undefined && { binaries }) });
  }

  get url(): string {
    if (!this.running) throw new Error('PostgreSQL was not started');
    return this.running.url;
  }

  /** SIGKILL to the server and to every process of it: whatever it had in memory alone is gone. @returns how many */
  async kill(): Promise<number> {
    const pids = await this.pids();
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // A connection that ended in between.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return pids.length;
  }

  /** The server's processes, the one that all descend from first. */
  async pids(): Promise<number[]> {
    const file = join(this.running?.location ?? '', 'data', 'postmaster.pid');
    const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0]);
    const children = (await processes()).filter(({ parent }) => parent === postmaster);
    return [postmaster, ...children.map(({ pid }) => pid)];
  }

  async stop(): Promise<void> {
    await this.running?.stop();
  }
}
