import type { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { DefaultNamingStrategy } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { PrimaryClient, type PrimaryClientConfig, QuietClient, WatchedClient } from './clients.js';
import { Primary } from './primary.js';

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

/**
 * What the session of a connection needs that serves. Tables grow from nothing, and a plan that is kept from then reads them from
 * end to end (and joins them by hash or merge) for a minute or more, until the statistics are taken anew: where there is an index, it
 * is used, row by row. What is read from end to end all the same counts as enormously dear in PostgreSQL before 18, and would be
 * compiled (jit) for longer than it runs.
 */
export const SESSION = {
  lock_timeout: '15s',
  idle_in_transaction_session_timeout: '30s',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
} as const;

const optionsOf = (poolSize: number, extra: object): DataSourceOptions => ({
  type: 'postgres',
  namingStrategy: new SnakeCaseNaming(),
  migrations,
  migrationsTransactionMode: 'each',
  synchronize: false,
  logging: false,
  poolSize,
  applicationName: 'billbridge',
  connectTimeoutMS: 5_000,
  // Not TypeORM's own `url`: it knows one host, and no socket.
  extra,
});

/** Of several hosts the primary; one host is taken as it is, a standby too. */
function addressOf(databaseUrl: string): PrimaryClientConfig {
  const primary = new Primary(databaseUrl);
  const { connectionString } = primary;
  return primary.hosts.length > 1 ? { connectionString, primary } : { connectionString };
}

/**
 * The data source of a migration or a command.
 * @param poolSize the most connections that it holds
 */
export function dataSourceOptions(databaseUrl: string, poolSize: number): DataSourceOptions {
  const address = addressOf(databaseUrl);
  return optionsOf(poolSize, { ...address, Client: address.primary ? PrimaryClient : QuietClient });
}

/** A connection for a command, not connected yet. */
export function clientOf(databaseUrl: string): Client {
  const address = addressOf(databaseUrl);
  return address.primary ? new PrimaryClient(address) : new QuietClient(address);
}

/** int8 comes from the driver as text; our amounts are far below 2^53. */
export const centsColumn = {
  to: (cents: number | null | undefined) => cents,
  from: (text: string | null) => (text === null ? null : Number(text)),
};

/** numeric comes from the driver as text, too; for numbers of few digits. */
export const numericColumn = centsColumn;

/**
 * For who answers others, unlike migrations and commands: no connection, lock or transaction is waited for without end.
 */
export const watched = {
  Client: WatchedClient,
  pipeline: true,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  session: SESSION,
};

/**
 * The data source of a process that serves.
 * @param connectionSeconds the longest life of a connection. A process takes up to a tenth more or less, so that processes that
 *   started together do not connect anew together.
 */
export function servingOptions(primary: Primary, poolSize: number, connectionSeconds: number): DataSourceOptions {
  const maxLifetimeSeconds = connectionSeconds * (0.9 + 0.2 * Math.random());
  const { connectionString } = primary;
  return optionsOf(poolSize, { ...watched, connectionString, primary, maxLifetimeSeconds });
}
