import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { migrations, RELEASE_BEFORE } from '../../migrations/index.js';
import type { Migration } from '../../migrations/migration.js';
import { dataSourceOptions } from '../../src/database/database.js';
import { goBack, migrate } from '../../src/database/migrations.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newMy360 } from '../support/my360.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { payByCard } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const NAMES = migrations.map(({ name }) => name);
/** Before these, migrations did not name their tables. */
const NAMING = NAMES.findIndex((name) => name.startsWith('LeanOpenings'));

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** A database with rows of every kind that a day leaves behind. */
async function lived() {
  const databaseUrl = await newDatabase();
  const platform = await startPlatform({ DATABASE_URL: databaseUrl });
  const my360 = await newMy360({ url: platform.url, databaseUrl });
  const { story } = my360;
  await my360.session(await my360.user());
  const paid = await story.openAnother();
  const declined = await story.openAnother();
  await story.openAnother();
  await payByCard(paid.cloudPaymentUrl, 'approved');
  await payByCard(declined.cloudPaymentUrl, 'declined');
  await eventually('both are recorded', async () => {
    const states = [await story.payment(paid.id), await story.payment(declined.id)].map(({ status }) => status);
    return states.join() === 'paid,declined';
  });
  await platform.stop();
  return { databaseUrl, story, paid };
}

describe('the way back', () => {
  it('to the release before, and up again, loses nothing that the release before knows', async () => {
    const { databaseUrl, story, paid } = await lived();
    const client = await connect(databaseUrl);
    const rows = async (): Promise<Record<string, string>> => {
      const tables = await client.query<{ name: string }>(
        `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
      );
      const counts = tables.rows
        .filter(({ name }) => name !== 'migrations')
        .map(({ name }) => `select '${name}' as name, count(*) from ${name}`);
      const { rows } = await client.query<{ name: string; count: string }>(counts.join(' union all '));
      return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
    };
    const before = await rows();
    const undone = await goBack(databaseUrl, RELEASE_BEFORE);
    expect(undone).toEqual(NAMES.slice(NAMES.indexOf(RELEASE_BEFORE) + 1).reverse());
    const after = await rows();
    expect(before).toMatchObject(after);
    expect(Number(after['receipts'])).toBe(1);

    expect(await migrate(databaseUrl)).toEqual(undone.toReversed());
    await client.end();

    // Further back, too, with those rows.
    expect(await goBack(databaseUrl, NAMES[0] ?? '')).toEqual(NAMES.slice(1).reverse());
    expect(await migrate(databaseUrl)).toEqual(NAMES.slice(1));
    const platform = await startPlatform({ DATABASE_URL: databaseUrl });
    story.moveTo(platform.url);
    expect(await story.payment(paid.id)).toMatchObject({ status: 'paid', receipts: [{ amountCents: 300 }] });
    expect((await story.askAnother()).status).toBe(201);
    await platform.stop();
  }, 60_000);

  it('is not begun to a migration that the database has not, nor past one that this release does not know', async () => {
    const url = await newDatabase();
    await migrate(url);
    await expect(goBack(url, 'Nothing1000000000001')).rejects.toThrow(
      'the database has no migration Nothing1000000000001',
    );
    const older = migrations.slice(0, -1);
    await expect(goBack(url, NAMES.at(-3) ?? '', { migrations: older })).rejects.toThrow(
      `this release does not know ${NAMES.at(-1)}: go back with the release that made it`,
    );
  });
});

describe('a migration', () => {
  it('has its way back described for operators', () => {
    const table = readFileSync(join(import.meta.dirname, '../../docs/operators.md'), 'utf8');
    expect(NAMES.slice(NAMING).filter((name) => !table.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('that locks more than one table of before against others names them', async () => {
    const url = await newDatabase();
    await migrate(url, { migrations: migrations.slice(0, NAMING) });
    const dataSource = await new DataSource(dataSourceOptions(url, 2)).initialize();
    const runner = dataSource.createQueryRunner();
    const wrong: string[] = [];
    for (const made of migrations.slice(NAMING)) {
      const migration: Migration = new made();
      if (migration.transaction === false) continue;
      const before = (await runner.query(
        `select oid::int as oid, relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      )) as { oid: number; name: string }[];
      for (const way of ['up', 'down', 'up'] as const) {
        await runner.startTransaction();
        await migration[way](runner);
        const locked = (await runner.query(
          `select distinct relation::int as oid from pg_locks where pid = pg_backend_pid() and locktype = 'relation'
             and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
        )) as { oid: number }[];
        await runner.commitTransaction();
        const names = before.filter(({ oid }) => locked.some((one) => one.oid === oid)).map(({ name }) => name);
        const unnamed = names.filter((name) => !migration.locks?.includes(name));
        if (names.length > 1 && unnamed.length > 0) wrong.push(`${made.name} ${way}: locks = ${unnamed.join(', ')}`);
      }
    }
    await runner.release();
    await dataSource.destroy();
    expect(wrong).toEqual([]);
  });
});
