import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../src/database/embedded-postgres.js';
import type { Contestant } from './contestants.js';
import { cpuMs, cpuMsOfChildren } from './cpu.js';
import type { Job, JobResult } from './load/job.js';
import type { PartyAnswer, PartyOrder } from './parties-protocol.js';
import { Process } from './processes.js';

/** Milliseconds of CPU a request: less noisy than time, where others use the machine too. NaN where they can't be read. */
export interface Measured extends JobResult {
  readonly cpuOwn: number;
  readonly cpuDatabase: number;
}

/** What a process holds after so many requests. */
export interface Look {
  readonly requests: number;
  readonly bytes: number;
}

/** What is on while the bench runs: PostgreSQL, the parties, the load generator. Contestants are added. */
export class Stage {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private postgres!: EmbeddedPostgres;
  private parties!: Process;
  private generator!: Process;
  invoiceCloudUrl = '';
  folder = '';
  private readonly history = new Map<Contestant, Look[]>();
  private numbers = 1;

  static async open(onMade: (stage: Stage) => void): Promise<Stage> {
    const stage = new Stage();
    onMade(stage);
    stage.folder = await mkdtemp(join(tmpdir(), 'billbridge-bench-'));
    // As root, so that PostgreSQL's own user gets to its data in there.
    await chmod(stage.folder, 0o711);
    stage.closers.push(() => rm(stage.folder, { recursive: true, force: true, maxRetries: 5 }));
    stage.closers.push(() => removeEmbeddedPostgres(stage.folder));
    stage.postgres = await startEmbeddedPostgres({ dataDir: stage.folder });
    stage.closers.push(() => stage.postgres.stop());
    await stage.refuseUnsafe();
    stage.parties = await stage.adopt(
      Process.start({ name: 'parties', program: 'bench/parties.js', folder: stage.folder }),
    );
    const { port } = await stage.parties.ask<PartyAnswer>();
    stage.invoiceCloudUrl = `http://127.0.0.1:${port}`;
    stage.generator = await stage.adopt(
      Process.start({ name: 'generator', program: 'bench/load/main.js', folder: stage.folder }),
    );
    await stage.generator.ask();
    return stage;
  }

  /** The partner's address for deliveries. */
  get partnerUrl(): string {
    return `${this.invoiceCloudUrl}/partner/payments`;
  }

  async database(name: string): Promise<string> {
    const url = new URL(this.postgres.url);
    url.pathname = `/bench_${name}`;
    await this.onServer(async (client) => {
      await client.query(`create database bench_${name}`);
    });
    return url.href;
  }

  async adopt<Owned extends Process | { readonly process: Process }>(starting: Promise<Owned>): Promise<Owned> {
    const owned = await starting;
    const process = owned instanceof Process ? owned : owned.process;
    this.closers.push(() => process.stop());
    return owned;
  }

  /** What ends before all that was there already. */
  onClose(closer: () => Promise<unknown>): void {
    this.closers.push(closer);
  }

  /** The memory of a contestant after each job that it had part in. */
  historyOf(contestant: Contestant): readonly Look[] {
    return this.history.get(contestant) ?? [];
  }

  /** Numbers that no request had yet. */
  reserve(count: number): number {
    const from = this.numbers;
    this.numbers += count;
    return from;
  }

  private async look(contestants: readonly Contestant[], sent: number): Promise<void> {
    for (const contestant of contestants) {
      const looks = this.history.get(contestant) ?? [];
      const requests = (looks.at(-1)?.requests ?? 0) + sent / contestants.length;
      looks.push({ requests, bytes: await contestant.process.residentBytes() });
      this.history.set(contestant, looks);
    }
  }

  /** Of the contestants' processes, and of PostgreSQL with all of its own. */
  private async cpu(contestants: readonly Contestant[]): Promise<{ own: number; database: number }> {
    const own = await Promise.all(contestants.map(({ process }) => cpuMs(process.child.pid)));
    const file = join(this.postgres.location, 'data', 'postmaster.pid');
    const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0]);
    return { own: own.reduce((sum, ms) => sum + ms, 0), database: await cpuMsOfChildren(postmaster) };
  }

  /** @throws Error when one in a hundred answers was not the expected one: then nothing was measured */
  async run(
    contestants: readonly Contestant[],
    job: Omit<Job, 'ports' | 'from'> & { from?: number },
  ): Promise<Measured> {
    const ports = contestants.map(({ port }) => port);
    const from = job.from ?? this.reserve(1_000_000);
    const before = await this.cpu(contestants);
    const { result, error } = await this.generator.ask<{ result?: JobResult; error?: string }>({ ...job, ports, from });
    if (!result) throw new Error(error ?? 'the load generator said nothing');
    await this.look(contestants, result.sent);
    if (result.wrong > result.sent / 100) {
      const whom = contestants.map(({ name }) => name).join(' and ');
      const what = `${job.template.method} ${job.template.path}`;
      throw new Error(
        `${whom}: ${result.wrong} of ${result.sent} of ${what} went wrong, the first: ${result.firstWrong}`,
      );
    }
    const after = await this.cpu(contestants);
    return {
      ...result,
      cpuOwn: (after.own - before.own) / result.sent,
      cpuDatabase: (after.database - before.database) / result.sent,
    };
  }

  party(order: PartyOrder): Promise<PartyAnswer> {
    return this.parties.ask<PartyAnswer>(order);
  }

  async close(): Promise<void> {
    for (const closer of this.closers.splice(0).reverse()) {
      await closer().catch((error: unknown) => process.stderr.write(`bench, closing: ${String(error)}\n`));
    }
  }

  /** A commit must be one: every contestant's writes are flushed before they are answered. */
  private async refuseUnsafe(): Promise<void> {
    await this.onServer(async (client) => {
      for (const setting of ['fsync', 'synchronous_commit']) {
        const { rows } = await client.query<{ value: string }>(`select current_setting($1) as value`, [setting]);
        if (rows[0]?.value !== 'on') throw new Error(`PostgreSQL runs with ${setting} ${rows[0]?.value}`);
      }
    });
  }

  private async onServer(work: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: this.postgres.url });
    await client.connect();
    await work(client).finally(() => client.end());
  }
}
