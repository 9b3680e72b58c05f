import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client } from 'pg';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';

/** On which PostgreSQL tells every process that administrators made something due: rare, unlike what payments enqueue. */
export const CHANNEL = 'billbridge_relay';
const RECONNECT_MS = 1_000;

/**
 * Listens on a connection of its own. Only a hint: whoever is woken looks for himself, and looks every second anyway, so
 * that a lost connection (or a pooler that does not pass notifications on) costs a second and no delivery.
 */
@Injectable()
export class WakeUp {
  private readonly logger = new Logger('relay');
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private onWake: () => void = () => undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Wakes this process alone. */
  wake(): void {
    this.onWake();
  }

  start(onWake: () => void): void {
    this.onWake = onWake;
    const client = new Client({
      connectionString: this.config.databaseUrl,
      application_name: 'billbridge-relay',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    this.client = client;
    let lost = false;
    const again = (error?: unknown): void => {
      if (lost || this.stopped) return;
      lost = true;
      this.logger.warn(error ? traceOf(error) : {}, 'not listening; looking every second until it is back');
      void client.end().catch(() => undefined);
      this.timer = setTimeout(() => this.start(onWake), RECONNECT_MS).unref();
    };
    client.on('notification', onWake);
    client.on('error', again);
    client.on('end', () => again());
    client
      .connect()
      .then(() => client.query(`listen ${CHANNEL}`))
      .then(onWake)
      .catch(again);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }
}
