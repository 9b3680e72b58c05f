import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryAsk } from '../chaos/http.js';
import { processes } from '../chaos/processes.js';
import type { Component } from './component.js';
import { kill } from './folder.js';
import type { Account } from './packages.js';
import { until } from '../chaos/time.js';

/** A PostgreSQL and the Patroni that watches over it: what is one machine in production. */
export class Member {
  constructor(
    readonly name: string,
    readonly port: number,
    readonly restPort: number,
    readonly dataDir: string,
    readonly patroni: Component,
    private readonly account: Account | undefined,
  ) {}

  /** Whether it is the primary, by its own word: what HAProxy asks. */
  async isPrimary(): Promise<boolean> {
    return (await tryAsk(`http://127.0.0.1:${this.restPort}/primary`, { timeoutMs: 2_000 }))?.status === 200;
  }

  /** The server's processes, the one that all descend from first; none when it does not run. */
  async postgresPids(): Promise<number[]> {
    const text = await readFile(join(this.dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
    const postmaster = Number(text.split('\n')[0]);
    if (!postmaster) return [];
    const all = await processes();
    if (!all.some(({ pid }) => pid === postmaster)) return [];
    return [postmaster, ...all.filter(({ parent }) => parent === postmaster).map(({ pid }) => pid)];
  }

  /** SIGKILL to PostgreSQL: whatever it had in memory alone is gone. */
  async killPostgres(): Promise<void> {
    for (const pid of await this.postgresPids()) kill(pid, 'SIGKILL');
  }

  /** A fast shutdown: clients hear 57P01. Patroni starts it again unless it looks away. */
  async stopPostgres(): Promise<void> {
    const [postmaster] = await this.postgresPids();
    if (postmaster !== undefined) kill(postmaster, 'SIGINT');
    await until(async () => (await this.postgresPids()).length === 0, 30_000, 100);
  }

  /** With the very command line of before, which PostgreSQL keeps beside its data. Patroni then finds it running. */
  async startPostgres(): Promise<void> {
    const command = await readFile(join(this.dataDir, 'postmaster.opts'), 'utf8');
    spawn('sh', ['-c', `exec ${command}`], {
      ...(this.account && { uid: this.account.uid, gid: this.account.gid }),
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
      stdio: 'ignore',
      detached: true,
    }).unref();
  }

  /** SIGKILL to Patroni and PostgreSQL, as when the machine dies. */
  async killAll(): Promise<void> {
    this.patroni.signal('SIGKILL');
    await this.killPostgres();
    await this.patroni.stop('SIGKILL');
  }
}
