import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Client } from 'pg';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';

const RECONNECT_MS = 1_000;
/** Between two questions whether PostgreSQL still has us among its listeners. */
const ASK_MS = 1_000;
/** Whoever has had no word for so long hears nothing. */
const DEAF_AFTER_MS = 4_000;

/**
 * What PostgreSQL tells all processes (LISTEN), on one connection of its own. A notification may be lost with its connection:
 * whoever relies on one looks by himself as well, or asks `hearsSince`.
 */
@Injectable()
export class Listener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('listener');
  private readonly channels = new Map<string, () => void>();
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private heardAt = -Infinity;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** To be called before the application starts. @param heard called for every notification, and after a time without */
  on(channel: string, heard: () => void): void {
    this.channels.set(channel, heard);
  }

  /**
   * Whether everything that was committed up to a few seconds ago (`DEAF_AFTER_MS`) has been heard: PostgreSQL hands over what
   * it has for us before it answers us, so an answer to the question who listens here vouches for all before the question.
   */
  hears(): boolean {
    return performance.now() - this.heardAt < DEAF_AFTER_MS;
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

  private connect(): void {
    const client = new Client({
      connectionString: this.config.databaseUrl,
      application_name: 'billbridge-listener',
      connectionTimeoutMillis: 5_000,
      query_timeout: DEAF_AFTER_MS,
      keepAlive: true,
    });
    this.client = client;
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
        for (const heard of this.channels.values()) heard();
        await this.ask(client, again);
      })
      .catch(again);
  }

  private async ask(client: Client, again: (error: unknown) => void): Promise<void> {
    const asked = performance.now();
    // Not any query: a pooler may have given us another connection, which listens to nothing, or keeps what it hears to itself.
    const { rows } = await client.query<{ n: number; pid: number }>(
      'select count(*)::int as n, pg_backend_pid() as pid from pg_listening_channels()',
    );
    const { processID } = client as unknown as { processID: number };
    if (rows[0]?.n !== this.channels.size || rows[0].pid !== processID) {
      throw new Error('the connection is not our own, or listens no more');
    }
    if (this.stopped) return;
    this.heardAt = asked;
    this.timer = setTimeout(() => void this.ask(client, again).catch(again), ASK_MS).unref();
  }
}
