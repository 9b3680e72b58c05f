import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { PrimaryClient } from './clients.js';
import { Primary } from './primary.js';

const RECONNECT_MS = 1_000;
/** Between two questions whether PostgreSQL still has us among its listeners. */
const ASK_MS = 1_000;
/** Whoever has had no word for so long hears nothing. */
const DEAF_AFTER_MS = 4_000;

/**
 * Writes: a transaction number is assigned, which only a primary can, and logged with the commit (about 50 bytes of WAL, for which
 * nobody waits). So a standby is found out, and whoever answers is the primary that `PrimaryClient` met.
 */
const ASK = `select count(*)::int as n, pg_backend_pid() as pid, pg_current_xact_id()::text as written
  from pg_listening_channels()`;

/**
 * What PostgreSQL tells all processes (LISTEN), on one connection of its own. A notification may be lost with its connection:
 * whoever relies on one looks by himself as well, or asks `hears`.
 */
@Injectable()
export class Listener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('listener');
  private readonly channels = new Map<string, () => void>();
  private client: PrimaryClient | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private heardAt = -Infinity;
  private saidUnsure = false;

  constructor(private readonly primary: Primary) {
    primary.onChange(() => this.tellAll());
  }

  /** To be called before the application starts. @param heard called for every notification, and after a time without */
  on(channel: string, heard: () => void): void {
    this.channels.set(channel, heard);
  }

  /**
   * Whether everything that was committed up to a few seconds ago (`DEAF_AFTER_MS`) has been heard: PostgreSQL hands over what
   * it has for us before it answers us, so an answer to the question who listens here vouches for all before the question. It
   * counts only from the primary that the pool writes to.
   */
  hears(): boolean {
    const { current } = this.primary;
    return current !== undefined && this.client?.place === current && performance.now() - this.heardAt < DEAF_AFTER_MS;
  }

  onApplicationBootstrap(): void {
    this.connect();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.heardAt = -Infinity;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private tellAll(): void {
    for (const heard of this.channels.values()) heard();
  }

  private connect(): void {
    const client = new PrimaryClient({
      connectionString: this.primary.connectionString,
      primary: this.primary,
      application_name: 'billbridge-listener',
      connectionTimeoutMillis: 5_000,
      query_timeout: DEAF_AFTER_MS,
      keepAlive: true,
    });
    this.client = client;
    this.heardAt = -Infinity;
    let lost = false;
    const again = (error?: unknown): void => {
      if (lost || this.stopped) return;
      lost = true;
      this.heardAt = -Infinity;
      clearTimeout(this.timer);
      this.logger.warn(error ? traceOf(error) : {}, 'not listening, until the database is back');
      void client.end().catch(() => undefined);
      this.timer = setTimeout(() => this.connect(), RECONNECT_MS).unref();
    };
    client.on('notification', ({ channel }) => this.channels.get(channel)?.());
    client.on('error', again);
    client.on('end', () => again());
    client
      .connect()
      .then(async () => {
        for (const channel of this.channels.keys()) await client.query(`listen ${channel}`);
        // Whatever was said meanwhile was not heard.
        this.tellAll();
        await this.ask(client, again);
      })
      .catch(again);
  }

  private async ask(client: PrimaryClient, again: (error: unknown) => void): Promise<void> {
    const asked = performance.now();
    const { rows } = await client.query<{ n: number; pid: number }>(ASK);
    // A pooler may have given us another connection, which listens to nothing.
    if (rows[0]?.n !== this.channels.size) throw new Error('the connection listens no more');
    if (this.stopped) return;
    // It may also keep what it hears to itself.
    if (client.pooled || !client.place) this.sayUnsure(client.pooled);
    else this.heardAt = asked;
    this.timer = setTimeout(() => void this.ask(client, again).catch(again), ASK_MS).unref();
  }

  private sayUnsure(pooled: boolean): void {
    if (this.saidUnsure) return;
    this.saidUnsure = true;
    this.logger.warn(
      pooled
        ? 'behind a pooler: no keys and billers are kept in memory, since it may keep notifications to itself'
        : 'PostgreSQL does not say which primary it is (pg_control_system): no keys and billers are kept in memory',
    );
  }
}
