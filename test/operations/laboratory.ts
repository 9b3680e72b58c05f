import { migrate } from '../../src/database/migrate.js';
import { ready, start, stop, type Started } from '../chaos/child.js';
import { PartnerBackend } from '../chaos/partner.js';
import { freePort } from '../chaos/ports.js';
import { SandboxClient } from '../chaos/sandbox.js';
import { Tables } from '../chaos/tables.js';
import { until } from '../chaos/time.js';
import type { Surroundings } from '../chaos/world.js';
import { Databases } from './databases.js';
import { Disk } from './disk.js';
import { Etcd } from './etcd.js';
import { Folder } from './folder.js';
import type { Programs } from './packages.js';
import { Patroni } from './patroni.js';
import { Platform, type Env } from './platform.js';
import { Web } from './web.js';

export interface Wishes {
  /** Each member's data on a small disk of its own. */
  readonly disks: boolean;
  readonly print: (line: string) => void;
}

/** Everything that a row is played with: the cluster, the balancers, two platform processes, and both parties outside. */
export class Laboratory implements Surroundings {
  readonly partner = new PartnerBackend();
  readonly platform: Platform;
  readonly disks = new Map<string, Disk>();
  /** Why there are none. */
  noDisks = 'not asked for';
  patroni!: Patroni;
  databases!: Databases;
  web!: Web;
  sandbox!: SandboxClient;
  tables!: Tables;
  private sandboxProcess: Started | undefined;

  private constructor(
    readonly folder: Folder,
    readonly programs: Programs,
    private readonly wishes: Wishes,
  ) {
    this.platform = new Platform(folder, () => this.settings());
  }

  /** @param onMade is given the laboratory before it is started, so that it can be closed in the middle of that */
  static async open(programs: Programs, wishes: Wishes, onMade: (lab: Laboratory) => void): Promise<Laboratory> {
    const lab = new Laboratory(await Folder.make(programs.account), programs, wishes);
    onMade(lab);
    await lab.start();
    return lab;
  }

  get apiUrl(): string {
    return this.web.url;
  }

  get adminKey(): string {
    return this.platform.adminKey;
  }

  readonly fleet = {
    enough: async (): Promise<void> => {
      await until(() => this.platform.processes.some(({ runs }) => runs), 60_000);
    },
  };

  partnerUrl(partnerId: string): string {
    return `http://127.0.0.1:${this.partner.port}/partners/${partnerId}/LogInvoiceCloudPayment`;
  }

  /** A row's beginning: a cluster that is well, processes that have just started, a balancer that has found them. */
  async ready(env: Env = {}): Promise<void> {
    await this.patroni.healthy();
    await this.databases.reachable();
    await this.platform.play(env);
    const intake = this.platform.hasIntake ? '/health/intake' : '/health/ready';
    await this.web.configure(await this.platform.listenAt(), { intake, api: '/health/ready' });
  }

  /** The same parties, with a process of the platform's in place of the balancer. */
  at(url: string): Surroundings {
    const { adminKey, partner, sandbox, tables, fleet } = this;
    return { apiUrl: url, adminKey, partner, sandbox, tables, fleet, partnerUrl: (id) => this.partnerUrl(id) };
  }

  async close(): Promise<void> {
    const closers = [
      () => this.platform.close(),
      () => (this.sandboxProcess ? stop(this.sandboxProcess, 'SIGKILL') : undefined),
      () => this.partner.close(),
      () => this.folder.remove(),
      // After the servers, so that no statement of ours is waited for.
      () => this.tables?.close(),
    ];
    for (const closer of closers) {
      await Promise.resolve(closer()).catch((error: unknown) => this.wishes.print(`closing: ${String(error)}`));
    }
  }

  private settings(): Env {
    return {
      DATABASE_URL: this.databases.url,
      PUBLIC_URL: this.web.url,
      INVOICE_CLOUD_URL: this.sandbox.url,
      INVOICE_CLOUD_PAGES_URL: this.sandbox.url,
    };
  }

  private async start(): Promise<void> {
    const { folder, programs } = this;
    if (this.wishes.disks) await this.mountDisks();
    const etcd = await Etcd.start(folder, programs);
    this.patroni = new Patroni(folder, programs, etcd);
    await this.patroni.start((name) => Promise.resolve(this.disks.get(name)?.path ?? folder.own(name)));
    this.databases = await Databases.start(folder, programs, this.patroni);
    await migrate(this.databases.url);
    this.tables = new Tables(this.databases.ownUrl);
    this.web = await Web.make(folder, programs);
    await this.startSandbox();
    await this.partner.listen();
  }

  private async mountDisks(): Promise<void> {
    for (const name of ['db1', 'db2']) {
      const disk = await Disk.make(this.folder, name);
      if (typeof disk === 'string') {
        this.noDisks = disk;
        this.disks.clear();
        return;
      }
      this.disks.set(name, disk);
    }
  }

  private async startSandbox(): Promise<void> {
    const port = await freePort();
    this.sandboxProcess = start('sandbox/main.js', this.folder.path, {
      SANDBOX_PORT: String(port),
      SANDBOX_SMTP_PORT: String(await freePort()),
      OPERATIONS_FOLDER: this.folder.path,
    });
    await ready(this.sandboxProcess, /Invoice Cloud sandbox: /);
    this.sandbox = new SandboxClient(`http://127.0.0.1:${port}`);
  }
}
