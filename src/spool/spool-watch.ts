import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Alerts } from '../common/alerts.js';
import { Sweepers } from '../common/sweepers.js';
import { CONFIG, type Config } from '../config/config.js';
import { Spool } from './spool.js';

/** Between two looks at this process's own spool. Milliseconds. */
const LOOK_MS = 1_000;
/** A process that is restarted on its folder is back sooner. Seconds. */
const SILENT_AFTER_SECONDS = 30;

interface Silent {
  readonly id: string;
  readonly host: string;
  readonly seconds: number;
  readonly waiting: number;
}

/** Says when a spool needs somebody. What this process knows of its own spool it says without the database. */
@Injectable()
export class SpoolWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private silent: readonly string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly spool: Spool,
    private readonly alerts: Alerts,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    // Also without a spool of its own: of those that others have left.
    this.sweepers.every('spool', [() => this.lookForSilent(), () => this.lookAside()]);
    if (this.spool.isConfigured) this.timer = setInterval(() => this.lookAtOwn(), LOOK_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private lookAtOwn(): void {
    const state = this.spool.state();
    if (!state) return;
    const { id, waiting, bytes, mostBytes, oldestAt, isFull } = state;
    const seconds = oldestAt ? Math.round((Date.now() - oldestAt.getTime()) / 1000) : 0;
    const megabytes = Math.round(bytes / 1024 / 1024);
    const detail = `${waiting} messages wait, the oldest for ${seconds} s; ${megabytes} MiB of ${mostBytes / 1024 / 1024}.`;
    const waits = waiting > 0 && seconds >= this.config.spool.alertSeconds;
    if (waits || bytes * 2 > mostBytes) this.alerts.raise('spool-waiting', id, detail);
    else this.alerts.clear('spool-waiting', id);
    if (isFull) this.alerts.raise('spool-full', id, detail);
    else this.alerts.clear('spool-full', id);
  }

  private async lookForSilent(): Promise<void> {
    const found = await this.dataSource.query<Silent[]>(
      `select id, host, waiting, round(extract(epoch from now() - seen_at))::int as seconds from spools
       where seen_at < now() - make_interval(secs => $1)`,
      [SILENT_AFTER_SECONDS],
    );
    for (const { id, host, seconds, waiting } of found) {
      const detail = `Last heard of ${seconds} s ago, on ${host}, with ${waiting} messages. Invoices that were opened before are not opened anew meanwhile.`;
      this.alerts.raise('spool-silent', id, detail);
    }
    const now = found.map(({ id }) => id);
    for (const id of this.silent) if (!now.includes(id)) this.alerts.clear('spool-silent', id);
    this.silent = now;
  }

  private async lookAside(): Promise<void> {
    const asides = (await this.spool.folder?.asides()) ?? [];
    const { host } = this.spool;
    if (asides.length === 0) this.alerts.clear('spool-damaged', host);
    else this.alerts.raise('spool-damaged', host, `${asides.length} in SPOOL_DIR/set-aside, such as ${asides[0]}.`);
  }
}
