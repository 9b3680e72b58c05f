import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { Balancer } from './balancer.js';
import { ready, start, stop, type Started } from './child.js';
import { Fleet } from './fleet.js';
import { AT_THE_DRIVER } from './preload/mutations.js';
import type { Guard } from './guards.js';
import { PartnerBackend } from './partner.js';
import { freePort } from './ports.js';
import { Postgres } from './postgres.js';
import { processorTime } from './processes.js';
import { FaultProxy } from './proxy.js';
import { Random } from './random.js';
import { SandboxClient } from './sandbox.js';
import { Tables } from './tables.js';

export interface StageOptions {
  readonly seed: number;
  readonly without: readonly Guard[];
  readonly print: (line: string) => void;
  readonly postgres?: string;
}

export interface Cast {
  readonly processes: number;
  /** Over the run's own settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** No proxy between the parties, nothing hastened: for measuring. */
  readonly direct?: boolean;
}

/** Answered in this time or not at all. Short, so that faults end soon. Milliseconds. */
const DEADLINE_MS = 1_500;
const SWEEP_MS = 1_500;

/** All parties on one machine, with a proxy on each way between two of them. */
export class Stage {
  readonly adminKey = randomBytes(32).toString('hex');
  readonly random: Random;
  readonly partner = new PartnerBackend();
  readonly postgres: Postgres;
  readonly balancer = new Balancer(() => this.cast?.ports ?? []);
  readonly links: Readonly<Record<'database' | 'sandbox' | 'partner' | 'inbound', FaultProxy>>;
  sandbox!: SandboxClient;
  tables!: Tables;
  private cast: Fleet | undefined;
  private sandboxProcess: Started | undefined;
  private readonly encryptionKeys = `chaos:${randomBytes(32).toString('base64')}`;
  private sandboxPort = 0;
  private direct = false;

  private constructor(
    private readonly dataDir: string,
    private readonly options: StageOptions,
  ) {
    const { seed } = options;
    this.random = new Random(seed);
    this.postgres = new Postgres(dataDir, options.postgres);
    this.links = {
      database: new FaultProxy(() => this.postgres.port, new Random(seed + 1)),
      sandbox: new FaultProxy(() => this.sandboxPort, new Random(seed + 2)),
      partner: new FaultProxy(() => this.partner.port, new Random(seed + 3)),
      inbound: new FaultProxy(() => this.balancer.port, new Random(seed + 4)),
    };
  }

  /** @param onMade is given the stage before it is started, so that it can be closed in the middle of that */
  static async open(options: StageOptions, onMade: (stage: Stage) => void): Promise<Stage> {
    const dataDir = await mkdtemp(join(tmpdir(), 'billbridge-chaos-'));
    // As root, so that PostgreSQL's own user gets to its data in there.
    await chmod(dataDir, 0o711);
    const stage = new Stage(dataDir, options);
    onMade(stage);
    await stage.start();
    return stage;
  }

  get fleet(): Fleet {
    if (!this.cast) throw new Error('no platform was started');
    return this.cast;
  }

  /** Where partners' backends call the platform. */
  get apiUrl(): string {
    return this.balancer.url;
  }

  /** Where the platform calls a partner's backend. */
  partnerUrl(partnerId: string): string {
    const port = this.direct ? this.partner.port : this.links.partner.port;
    return `http://127.0.0.1:${port}/partners/${partnerId}/LogInvoiceCloudPayment`;
  }

  /** Ends the platform's processes and starts others, with other settings. */
  async play({ processes, env = {}, direct = false }: Cast): Promise<void> {
    await this.cast?.close();
    this.direct = direct;
    const without = this.options.without.map(({ name }) => name).filter((name) => AT_THE_DRIVER.includes(name));
    const watched = !direct || without.length > 0;
    const through = (link: FaultProxy, port: number) => (direct ? port : link.port);
    const databaseUrl = new URL(this.postgres.url);
    databaseUrl.port = String(through(this.links.database, this.postgres.port));
    this.cast = new Fleet(
      this.dataDir,
      {
        DATABASE_URL: databaseUrl.href,
        DATABASE_POOL_SIZE: '6',
        MIGRATE_ON_START: 'false',
        PUBLIC_URL: `http://127.0.0.1:${through(this.links.inbound, this.balancer.port)}`,
        ENCRYPTION_KEYS: this.encryptionKeys,
        ADMIN_KEY: this.adminKey,
        INVOICE_CLOUD_URL: `http://127.0.0.1:${through(this.links.sandbox, this.sandboxPort)}`,
        INVOICE_CLOUD_PAGES_URL: this.sandbox.url,
        INVOICE_CLOUD_TIMEOUT_MS: String(DEADLINE_MS),
        RELAY_RETRY_SECONDS: '0.2,0.5,1,1,2,2,3,3,5,5,5,5,10,10,10,10,10,10,10,10',
        RELAY_TIMEOUT_MS: String(DEADLINE_MS),
        RELAY_CONCURRENCY: '4',
        LOG_LEVEL: 'silent',
        DOCS: 'false',
        NODE_COMPILE_CACHE: join(this.dataDir, 'compiled'),
        ...(watched && {
          CHAOS_INVOICE_CLOUD: `127.0.0.1:${through(this.links.sandbox, this.sandboxPort)}`,
          CHAOS_WITHOUT: without.join(','),
        }),
        ...(direct ? { RELAY_CONCURRENCY: '', DATABASE_POOL_SIZE: '' } : { CHAOS_SWEEP_MS: String(SWEEP_MS) }),
        ...env,
      },
      processes,
    );
    await this.cast.start();
  }

  /** Processor time that the parties have taken so far, in milliseconds. Those that we play ourselves are one. */
  async processorTime(): Promise<{ platform: number; postgres: number; others: number }> {
    const sandbox = this.sandboxProcess?.child.pid;
    const [platform, postgres, others] = await Promise.all([
      processorTime(this.fleet.pids),
      processorTime(await this.postgres.pids()),
      processorTime([process.pid, ...(sandbox === undefined ? [] : [sandbox])]),
    ]);
    return { platform, postgres, others };
  }

  async close(): Promise<void> {
    const closers = [
      () => this.cast?.close(),
      () => (this.sandboxProcess ? stop(this.sandboxProcess, 'SIGKILL') : undefined),
      ...Object.values(this.links).map((link) => () => link.close()),
      () => this.balancer.close(),
      () => this.partner.close(),
      () => this.postgres.stop(),
      // After the server, so that no statement of ours that waits for a lock is waited for.
      () => this.tables?.close(),
      () => removeEmbeddedPostgres(this.dataDir),
      () => rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 }),
    ];
    for (const closer of closers) {
      await Promise.resolve(closer()).catch((error: unknown) => this.options.print(`closing: ${String(error)}`));
    }
  }

  private async start(): Promise<void> {
    await this.postgres.start();
    await migrate(this.postgres.url);
    this.tables = new Tables(this.postgres.url);
    for (const { sql = [] } of this.options.without) for (const statement of sql) await this.tables.rows(statement);

    this.sandboxPort = await freePort();
    this.sandboxProcess = start('sandbox/main.js', this.dataDir, {
      SANDBOX_PORT: String(this.sandboxPort),
      SANDBOX_SMTP_PORT: String(await freePort()),
    });
    await ready(this.sandboxProcess, /Invoice Cloud sandbox: /);
    this.sandbox = new SandboxClient(`http://127.0.0.1:${this.sandboxPort}`);
    await this.partner.listen();
    await this.balancer.listen();
    for (const link of Object.values(this.links)) await link.listen();
  }
}
