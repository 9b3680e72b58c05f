import { Client } from 'pg';
import type { QueryRunner } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import type { Migration } from '../../migrations/migration.js';
import { indexBeside, inPieces } from '../../migrations/pieces.js';
import { listMigrations, migrate, MigrationFailed } from '../../src/database/migrations.js';
import { newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { plant, SchemaLoad } from '../support/schema-load.js';

let url: string;
let client: Client;

beforeEach(async () => {
  url = await newDatabase();
  client = new Client({ connectionString: url, application_name: 'dump of the test' });
  await client.connect();
});
const loads: SchemaLoad[] = [];
afterEach(async () => {
  await client.end();
  await Promise.all(loads.splice(0).map((load) => load.stop()));
});

/** So that TypeORM finds a time at the end of its name. */
const named = (name: string, made: new () => Migration): new () => Migration =>
  Object.defineProperty(made, 'name', { value: name });

const applied = async (): Promise<string[]> =>
  (await client.query<{ name: string }>('select name from migrations order by id')).rows.map(({ name }) => name);

describe('migrations beside the running platform', () => {
  it('give way to a long transaction and to all who would wait behind them, and are done once it has ended', async () => {
    const before = migrations.findIndex(({ name }) => name.startsWith('LeanOpenings'));
    await migrate(url, { migrations: migrations.slice(0, before) });
    await plant(client);
    // Two seconds is what a migration waits for a lock, and all behind it.
    const load = new SchemaLoad(url, 4_000);
    await load.start(4);
    loads.push(load);
    await eventually('the load runs', () => load.done > 0);

    const tables = await client.query<{ name: string }>(
      `select string_agg(tablename, ', ') as name from pg_tables where schemaname = 'public'`,
    );
    await client.query('begin');
    await client.query(`lock table ${tables.rows[0]?.name} in access share mode`);
    const said: string[] = [];
    const migrating = migrate(url, { say: (line) => said.push(line) });
    // As a dump does, it holds its locks for longer than a statement of the load may wait.
    await eventually('the migration gave way', () => said.length > 0);
    expect(said[0]).toMatch(
      /^LeanOpenings\d+, attempt 1: \w+ was not had in time, held by process \d+ \(dump of the test, its transaction is \d+ s old\)\. Gave way\.$/,
    );
    const then = load.done;
    await new Promise((done) => setTimeout(done, 5_000));
    expect(load.done).toBeGreaterThan(then);
    expect(load.failures).toEqual([]);
    // What never could be had was not asked for again.
    expect(said.filter((line) => line.includes('attempt'))).toHaveLength(1);
    await client.query('commit');

    expect(await migrating).toEqual(migrations.slice(before).map(({ name }) => name));
    const last = load.done;
    await eventually('the load goes on', () => load.done > last + 10);
    expect(load.failures).toEqual([]);
    expect(await applied()).toEqual(migrations.map(({ name }) => name));
  }, 60_000);

  it('give way sooner while they hold a table, so that no circle of waits ends with a transaction of others', async () => {
    for (const table of ['a', 'b', 'c']) await client.query(`create table ${table} (id int)`);
    class All implements Migration {
      readonly locks = ['a', 'c', 'b'];
      up = async (db: QueryRunner) => void (await db.query('alter table b add column n int'));
      down = () => Promise.resolve();
    }
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query('begin');
    await other.query('lock table c in access share mode');
    await client.query('begin');
    await client.query('lock table b in access share mode');
    const migrating = migrate(url, { migrations: [named('All1000000000001', All)] });
    await eventually('the migration holds a, and waits for c', async () => {
      const { rows } = await other.query(`select from pg_locks where relation = 'c'::regclass and not granted`);
      return rows.length > 0;
    });
    // Who holds b waits for a. Then the migration gets c, and waits for b: a circle, in which this one has waited longest.
    const inserted = client.query('insert into a values (1)');
    await new Promise((done) => setTimeout(done, 500));
    await other.query('commit');
    await expect(inserted).resolves.toMatchObject({ rowCount: 1 });
    await client.query('commit');
    await migrating;
    await other.end();
  });

  it('are each a transaction of their own: what was done stands when a later one fails, and nothing of that one', async () => {
    class One implements Migration {
      up = async (db: QueryRunner) => void (await db.query('create table one (id int)'));
      down = () => Promise.resolve();
    }
    class Two implements Migration {
      async up(db: QueryRunner): Promise<void> {
        await db.query('create table two (secret text unique)');
        await db.query(`insert into two values ('canary'), ('canary')`);
      }
      down = () => Promise.resolve();
    }
    const list = [named('One1000000000001', One), named('Two1000000000002', Two)];
    const failure = await migrate(url, { migrations: list }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(MigrationFailed);
    expect((failure as Error).message).toBe(
      `Two1000000000002 failed and was undone: PostgreSQL's error 23505, table two, constraint two_secret_key`,
    );
    expect(await applied()).toEqual(['One1000000000001']);
    const { rows } = await client.query(`select to_regclass('one') is not null as one, to_regclass('two') as two`);
    expect(rows).toEqual([{ one: true, two: null }]);
    expect(await listMigrations(url, { migrations: list })).toEqual([
      { name: 'One1000000000001', applied: true, known: true },
      { name: 'Two1000000000002', applied: false, known: true },
    ]);
  });

  it('are done by one of several processes that start at once, and the others say that they wait', async () => {
    await client.query('create table gate (id int)');
    class Slow implements Migration {
      async up(db: QueryRunner): Promise<void> {
        await db.query('create table slow (id int)');
        // Until the test lets it go on: nobody's lock is held up meanwhile.
        for (let open = false; !open;) {
          const rows = (await db.query('select pg_sleep(0.1), exists(select from gate) as open')) as {
            open: boolean;
          }[];
          open = rows[0]?.open ?? false;
        }
      }
      down = () => Promise.resolve();
    }
    const said: string[][] = [[], [], [], []];
    const all = said.map((lines) =>
      migrate(url, { migrations: [named('Slow1000000000001', Slow)], say: (line) => lines.push(line) }),
    );
    await eventually('three wait', () => said.filter((lines) => lines.length > 0).length === 3);
    const waiting = said.flat();
    for (const line of waiting) {
      expect(line).toMatch(
        /^waiting for another process, which migrates: PostgreSQL's process \d+, from 127\.0\.0\.1; 0 s so far$/,
      );
    }
    await client.query('insert into gate values (1)');
    expect((await Promise.all(all)).map((done) => done.length).sort()).toEqual([0, 0, 0, 1]);
  });

  it('that lose their connections leave nothing behind that the next process waits for', async () => {
    class Stuck implements Migration {
      up = async (db: QueryRunner) => void (await db.query('select pg_sleep(600)'));
      down = () => Promise.resolve();
    }
    class Free implements Migration {
      up = () => Promise.resolve();
      down = () => Promise.resolve();
    }
    const first = migrate(url, { migrations: [named('M1000000000001', Stuck)] }).catch((error: Error) => error);
    await eventually('it runs', async () => {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(a.pid) from pg_stat_activity a where datname = current_database()
           and pid <> pg_backend_pid() and exists (select from pg_stat_activity where query like '%pg_sleep(600)%'
             and state = 'active' and datname = current_database() and pid <> pg_backend_pid())`,
      );
      return Number(rowCount) >= 2;
    });
    expect(await first).toBeInstanceOf(Error);
    const said: string[] = [];
    expect(
      await migrate(url, { migrations: [named('M1000000000001', Free)], say: (line) => said.push(line) }),
    ).toHaveLength(1);
    expect(said).toEqual([]);
  });
});

describe('changes of many rows', () => {
  beforeEach(async () => {
    await client.query('create table items (a int, b text, n int not null default 0, sum int, primary key (a, b))');
    await client.query(`insert into items (a, b) select i / 10, 'x' || i % 10 from generate_series(0, 2499) i`);
  });

  /** @param divisor SQL; where it is 0, the piece fails */
  const filling = (divisor: string): new () => Migration => {
    class Fill implements Migration {
      readonly transaction = false;
      async up(db: QueryRunner): Promise<void> {
        const change = {
          table: 'items',
          key: ['a', 'b'],
          where: 'sum is null',
          set: `n = n + 1, sum = 1 / ${divisor}`,
        };
        await inPieces(db, change, 1_000);
      }
      down = () => Promise.resolve();
    }
    return named('Fill1000000000001', Fill);
  };

  it('go on where they were stopped, change each row once, and say how far they are', async () => {
    const failed = migrate(url, { migrations: [filling('(case when t.a = 220 then 0 else 1 end)')] });
    await expect(failed).rejects.toThrow(`Fill1000000000001 failed: PostgreSQL's error 22012`);
    const count = async (where: string) =>
      Number((await client.query<{ n: string }>(`select count(*) as n from items where ${where}`)).rows[0]?.n);
    expect(await count('n = 1')).toBe(2_000);
    expect(await applied()).toEqual([]);

    const said: string[] = [];
    await migrate(url, { migrations: [filling('1')], say: (line) => said.push(line) });
    expect(await count('n = 1 and sum = 1')).toBe(2_500);
    expect(said).toEqual([expect.stringMatching(/^items: 500 rows changed, \d+ a second, done$/)]);
    expect(await applied()).toEqual(['Fill1000000000001']);
  });

  it('leave a row that others hold, and everybody else, alone until it is had', async () => {
    await client.query('begin');
    await client.query(`update items set n = 10 where a = 120 and b = 'x3'`);
    const said: string[] = [];
    const migrating = migrate(url, { migrations: [filling('1')], say: (line) => said.push(line) });
    await eventually('it gave way', () => said.length > 0);
    expect(said[0]).toMatch(/^Fill1000000000001, attempt 1: .* held by process \d+ \(dump of the test, .*Gave way\.$/);
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query(`set lock_timeout = '1s'`);
    await other.query('update items set n = n where a > 121');
    await other.end();
    await client.query('commit');
    await migrating;
    const { rows } = await client.query('select n, count(*)::int from items group by n order by n');
    expect(rows).toEqual([
      { n: 1, count: 2_499 },
      { n: 11, count: 1 },
    ]);
  });

  it('have their indexes made beside those who write, anew where one was left half made', async () => {
    const indexing = (unique: boolean): new () => Migration => {
      class Index implements Migration {
        readonly transaction = false;
        up = (db: QueryRunner) => indexBeside(db, 'items_b_idx', 'on items (b)', unique);
        down = () => Promise.resolve();
      }
      return named('Index1000000000001', Index);
    };
    await expect(migrate(url, { migrations: [indexing(true)] })).rejects.toThrow(`PostgreSQL's error 23505`);
    await migrate(url, { migrations: [indexing(false)] });
    const { rows } = await client.query(
      `select indisvalid, indisunique from pg_index where indexrelid = 'items_b_idx'::regclass`,
    );
    expect(rows).toEqual([{ indisvalid: true, indisunique: false }]);
  });
});
