import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { DefaultNamingStrategy } from 'typeorm';
import { migrations } from '../../migrations/index.js';

/** camelCase in TypeScript, snake_case in PostgreSQL. Table names are given on the entities. */
export class SnakeCaseNaming extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return customName ?? snakeCase([...prefixes, propertyName].join('_'));
  }
  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return snakeCase(`${relationName}_${referencedColumnName}`);
  }
}

const snakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** @param poolSize connections of this process for requests; the relay's engine holds a few of its own. */
export function dataSourceOptions(databaseUrl: string, poolSize: number): DataSourceOptions {
  return {
    type: 'postgres',
    url: databaseUrl,
    namingStrategy: new SnakeCaseNaming(),
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize,
    applicationName: 'billbridge',
    connectTimeoutMS: 5_000,
  };
}

/** Nothing of ours takes as long without a byte; what is silent longer is gone, as after a failover without a reset. */
const SILENT_MS = 25_000;

interface WatchedConfig extends ClientConfig {
  /** In place of `SILENT_MS`. Milliseconds. */
  readonly silentMs?: number;
}

/** What pg keeps of itself. */
interface Inside {
  readonly connection: { readonly stream: Socket };
  /** False from the sending of a query until all that were sent are done, however they end. */
  readonly readyForQuery: boolean;
}

interface Asking {
  readonly submit?: unknown;
  readonly callback?: unknown;
}

/**
 * Breaks a connection that a query waits on in vain; the pool then opens another one.
 *
 * It hands pg a callback where the caller wants a promise. pg itself would write a function to a property of the query
 * (`query.callback = …`). V8 allocates such a function as old, and with it all that waits for the answer, a batch and its requests,
 * stays in memory until the next collection of the whole heap: 11 KiB an opening (measured).
 */
class WatchedClient extends Client {
  /** When the server last said anything, or was first asked since. By `performance.now()`. */
  private heardAt = 0;

  override query = ((config: string | Asking, values?: unknown, callback?: unknown) => {
    const given = typeof config === 'string' ? undefined : (config.submit ?? config.callback);
    if (this.inside.readyForQuery) this.heardAt = performance.now();
    const ask = (told: unknown): unknown => super.query(config as string, values as unknown[], told as () => void);
    if (given || callback || typeof values === 'function') return ask(callback);
    const answer = new Promise((resolve, reject) => {
      const answered = (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result));
      ask(answered);
    });
    return answer.catch((error: Error) => {
      // As pg does: the stack leads to who asked, not to the socket.
      Error.captureStackTrace(error);
      throw error;
    });
  }) as Client['query'];

  constructor(config?: WatchedConfig) {
    super(config);
    // Between two who hold it a client has no listener, and its error, which may come in that moment (the last words of a
    // PostgreSQL that dies, behind an answer), would end the process. Whoever is given the client hears it from the next query.
    this.on('error', () => undefined);
    this.once('connect', () => this.watch(config?.silentMs ?? SILENT_MS));
  }

  private get inside(): Inside {
    return this as unknown as Inside;
  }

  /** What we send is no sign of life, so that the socket's own timeout would not do: a query may be sent behind one that hangs. */
  private watch(silentMs: number): void {
    const { stream } = this.inside.connection;
    stream.on('data', () => (this.heardAt = performance.now()));
    const timer = setInterval(() => {
      if (this.inside.readyForQuery || performance.now() - this.heardAt < silentMs) return;
      stream.destroy(new Error('the database connection fell silent'));
    }, silentMs / 10).unref();
    stream.once('close', () => clearInterval(timer));
  }
}

/** int8 comes from the driver as text; our amounts are far below 2^53. */
export const centsColumn = {
  to: (cents: number | null | undefined) => cents,
  from: (text: string | null) => (text === null ? null : Number(text)),
};

/** numeric comes from the driver as text, too; for numbers of few digits. */
export const numericColumn = centsColumn;

/** For who answers others, unlike migrations and commands: no connection, lock or transaction is waited for without end. */
export const watched = {
  Client: WatchedClient,
  pipeline: true,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  // Tables grow from nothing, and a plan that is kept from then reads them from end to end (and joins them by hash or merge) for a
  // minute or more, until the statistics are taken anew: where there is an index, it is used, row by row. What is read from end to
  // end all the same counts as enormously dear in PostgreSQL before 18, and would be compiled (jit) for longer than it runs.
  options: [
    'lock_timeout=15s',
    'idle_in_transaction_session_timeout=30s',
    'enable_seqscan=off',
    'enable_hashjoin=off',
    'enable_mergejoin=off',
    'jit=off',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' '),
};
