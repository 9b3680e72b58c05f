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
    migrationsTransactionMode: 'all',
    synchronize: false,
    logging: false,
    poolSize,
    applicationName: 'billbridge',
    connectTimeoutMS: 5_000,
  };
}

/** int8 comes from the driver as text; our amounts are far below 2^53. */
export const centsColumn = {
  to: (cents: number | null | undefined) => cents,
  from: (text: string | null) => (text === null ? null : Number(text)),
};

/** numeric comes from the driver as text, too; for numbers of few digits. */
export const numericColumn = centsColumn;
