import { Client, Pool, type QueryResultRow } from 'pg';
import { stage } from './stage-facts.js';

/** The rows themselves, for what no endpoint shows and for turning back the clock. */
export class Database {
  private readonly pool: Pool;

  constructor(readonly url: string) {
    this.pool = new Pool({ connectionString: url, max: 2 });
    this.pool.on('error', () => undefined);
  }

  async rows<Row extends QueryResultRow = QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  async count(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.rows<{ n: string }>(`select count(*) as n ${sql}`, values);
    return Number(row?.n);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

const opened: Database[] = [];

/** The run's database, or the one that is named; closed by `closeDb` at the end of a spec. */
export function db(url = stage.settings['DATABASE_URL'] ?? ''): Database {
  const known = opened.find((one) => one.url === url);
  if (known) return known;
  const database = new Database(url);
  opened.push(database);
  return database;
}

export async function closeDb(): Promise<void> {
  await Promise.all(opened.splice(0).map((database) => database.close()));
}

/** An empty database on the run's server, for a platform that is stopped and started. The run drops it by its name. */
export async function newDatabase(): Promise<string> {
  const url = new URL(stage.settings['DATABASE_URL'] ?? '');
  const name = `${url.pathname.slice(1)}_${process.pid}_${Date.now().toString(36)}_${Math.trunc(Math.random() * 1e6)}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}
