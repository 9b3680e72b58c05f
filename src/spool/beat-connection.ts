import { WatchedClient } from '../database/clients.js';
import type { Primary } from '../database/primary.js';

const CONNECT_MS = 2_000;
/** A beat that is not answered for so long is given up. The promise that it carries has lapsed long before. */
const HANG_MS = 4_000;

/** The connection of the beats: its own, so that no request makes them wait. One question at a time. */
export class BeatConnection {
  private client: WatchedClient | undefined;

  constructor(private readonly primary: Primary) {}

  /** @throws Error of the driver, after which the next question takes a new connection */
  async ask<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const client = (this.client ??= await this.connect());
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  close(): void {
    if (this.client) this.drop(this.client);
  }

  private async connect(): Promise<WatchedClient> {
    const client = new WatchedClient({
      connectionString: this.primary.connectionString,
      primary: this.primary,
      application_name: 'billbridge-spool',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: HANG_MS,
      keepAlive: true,
    });
    client.once('end', () => this.drop(client));
    try {
      await client.connect();
    } catch (error) {
      this.drop(client);
      throw error;
    }
    return client;
  }

  /** Not waited for: a server that is silent does not say goodbye. */
  private drop(client: WatchedClient): void {
    if (this.client === client) this.client = undefined;
    void client.end().catch(() => undefined);
  }
}
