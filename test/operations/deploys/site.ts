import { chmod } from 'node:fs/promises';
import { removeEmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import { migrate } from '../../../src/database/migrate.js';
import { ready, start, stop, type Started } from '../../chaos/child.js';
import { PartnerBackend } from '../../chaos/partner.js';
import { freePort } from '../../chaos/ports.js';
import { Postgres } from '../../chaos/postgres.js';
import { SandboxClient } from '../../chaos/sandbox.js';
import { Tables } from '../../chaos/tables.js';
import { until } from '../../chaos/time.js';
import type { Surroundings } from '../../chaos/world.js';
import { Folder } from '../folder.js';
import { Platform } from '../platform.js';

export interface Wishes {
  readonly drainSeconds: string;
  readonly print: (line: string) => void;
}

/** What deploys are played on: one PostgreSQL from npm, Invoice Cloud's sandbox, a partner, and processes of the platform. */
export class Site implements Surroundings {
  readonly partner = new PartnerBackend();
  readonly platform: Platform;
  sandbox!: SandboxClient;
  tables!: Tables;
  /** Of the balancer that is in front now. */
  apiUrl = '';
  private readonly postgres: Postgres;
  private sandboxProcess: Started | undefined;

  private constructor(
    readonly folder: Folder,
    private readonly wishes: Wishes,
  ) {
    this.postgres = new Postgres(folder.path);
    this.platform = new Platform(folder, () => ({
      DATABASE_URL: this.postgres.url,
      DRAIN_SECONDS: wishes.drainSeconds,
      PUBLIC_URL: this.apiUrl,
      INVOICE_CLOUD_URL: this.sandbox.url,
      INVOICE_CLOUD_PAGES_URL: this.sandbox.url,
    }));
  }

  /** @param onMade is given the site before it is started, so that it can be closed in the middle of that */
  static async open(wishes: Wishes, onMade: (site: Site) => void): Promise<Site> {
    const site = new Site(await Folder.make(undefined), wishes);
    onMade(site);
    await site.start();
    return site;
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

  async close(): Promise<void> {
    const closers = [
      () => this.platform.close(),
      () => (this.sandboxProcess ? stop(this.sandboxProcess, 'SIGKILL') : undefined),
      () => this.partner.close(),
      () => this.postgres.stop(),
      () => this.tables?.close(),
      () => removeEmbeddedPostgres(this.folder.path),
      () => this.folder.remove(),
    ];
    for (const closer of closers) {
      await Promise.resolve(closer()).catch((error: unknown) => this.wishes.print(`closing: ${String(error)}`));
    }
  }

  private async start(): Promise<void> {
    await chmod(this.folder.path, 0o711);
    await this.postgres.start();
    await migrate(this.postgres.url);
    this.tables = new Tables(this.postgres.url);
    const port = await freePort();
    this.sandboxProcess = start('sandbox/main.js', this.folder.path, {
      SANDBOX_PORT: String(port),
      SANDBOX_SMTP_PORT: String(await freePort()),
    });
    await ready(this.sandboxProcess, /Invoice Cloud sandbox: /);
    this.sandbox = new SandboxClient(`http://127.0.0.1:${port}`);
    await this.partner.listen();
  }
}
