import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { freePort } from './ports.js';

const execute = promisify(execFile);

/** The database server of the run: always on the same port and data, so that it can be killed and started again. */
export class Postgres {
  private running: EmbeddedPostgres | undefined;
  port = 0;

  constructor(private readonly dataDir: string) {}

  async start(): Promise<void> {
    this.port ||= await freePort();
    this.running = await startEmbeddedPostgres({ dataDir: this.dataDir, port: this.port });
  }

  get url(): string {
    if (!this.running) throw new Error('PostgreSQL was not started');
    return this.running.url;
  }

  /** SIGKILL to the server and to every process of it: whatever it had in memory alone is gone. @returns how many */
  async kill(): Promise<number> {
    const file = join(this.running?.location ?? '', 'data', 'postmaster.pid');
    const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0]);
    const children = (await processes()).filter(({ parent }) => parent === postmaster).map(({ pid }) => pid);
    for (const pid of [postmaster, ...children]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // A connection that ended in between.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return children.length + 1;
  }

  async stop(): Promise<void> {
    await this.running?.stop();
  }
}

/** Every process with its parent; from /proc where there is one, since small images have no `ps`. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  if (existsSync('/proc/self/stat')) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
    return stats
      .filter((stat) => stat !== '')
      .map((stat) => ({
        pid: Number.parseInt(stat, 10),
        // After the name, which may hold spaces and brackets: state, parent.
        parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]),
      }));
  }
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent }));
}
