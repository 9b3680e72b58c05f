import { Client } from 'pg';
import { api, type Answer } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const ROUTES = ['/health/live', '/health/ready', '/health/intake'];
const WITHIN_MS = 2_000;

let databaseUrl: string;
let proxy: TcpProxy;
let platform: Platform;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  platform = await startPlatform({ DATABASE_URL: proxy.url, DATABASE_POOL_SIZE: '2' });
}, 60_000);

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeDb();
});

const ask = (path: string, method = 'GET'): Promise<Answer> => api({ method, path, url: platform.url });

const isReady = () => eventually('it is ready', async () => (await ask('/health/ready')).status === 200);

/** Asks by GET and HEAD; each answer must come in time. */
async function statuses(): Promise<number[]> {
  const found: number[] = [];
  for (const path of ROUTES) {
    for (const method of ['GET', 'HEAD']) {
      const began = performance.now();
      const { status, text, headers } = await ask(path, method);
      expect(performance.now() - began).toBeLessThan(WITHIN_MS);
      if (method === 'HEAD') expect(text).toBe('');
      expect(headers.get('cache-control')).toBe('no-store');
      found.push(status);
    }
  }
  return found;
}

/** The first answer of its kind; an answer may be a second old. */
const refusal = (path: string): Promise<Answer> =>
  eventually(`${path} refuses`, async () => {
    const answer = await ask(path);
    return answer.status === 503 && answer;
  });

/** How often the platform has looked at its database: each look spills one temporary file. Told some time after it. */
async function looks(): Promise<number> {
  const [row] = await db(databaseUrl).rows<{ n: string }>(
    'select temp_files as n from pg_stat_database where datname = current_database()',
  );
  return Number(row?.n);
}

describe('health', () => {
  test('is well by GET and by HEAD, without a key', async () => {
    expect(await statuses()).toEqual([200, 200, 200, 200, 200, 200]);
    expect((await ask('/health/intake')).body).toEqual({ status: 'ok' });
  });

  test('takes a HEAD of nothing else: a link that works once is not used up', async () => {
    for (const path of ['/launch/x', '/return/x', '/admin/v1/overview'])
      expect((await ask(path, 'HEAD')).status).toBe(404);
  });

  test('is well while requests have the whole pool', async () => {
    await isReady();
    const locker = db(databaseUrl);
    const key = stage.settings['ADMIN_KEY'];
    const waiting = () =>
      locker.count(`from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('begin; lock table partners in access exclusive mode');
    const asked = Array.from({ length: 4 }, () => api({ path: '/admin/v1/partners', key, url: platform.url }));
    await eventually('both connections of the pool wait', async () => (await waiting()) === 2);
    const begun = await looks();
    // Not an answer of before.
    await eventually('it has looked again', async () => (await ask('/health/ready')) && (await looks()) > begun);
    expect(await statuses()).toEqual([200, 200, 200, 200, 200, 200]);
    await holder.end();
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
  });

  test('refuses while the database takes no writes, though it answers', async () => {
    await isReady();
    const name = new URL(databaseUrl).pathname.slice(1);
    await db().rows(`alter database ${name} set default_transaction_read_only = on`);
    await db().rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    expect((await refusal('/health/ready')).body).toMatchObject({ missing: ['primary'] });
    expect((await refusal('/health/intake')).body).toMatchObject({ missing: ['primary'] });
    expect((await ask('/health/live')).status).toBe(200);
    await db().rows(`alter database ${name} reset default_transaction_read_only`);
    await isReady();
  });

  test('refuses while the database’s disk takes no new blocks', async () => {
    await isReady();
    const name = new URL(databaseUrl).pathname.slice(1);
    // A full disk, as far as a test can fill one: no room for a temporary file.
    await db().rows(`alter database ${name} set temp_file_limit = 0`);
    await db().rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    expect((await refusal('/health/ready')).body).toMatchObject({ missing: ['disk-space'] });
    await db().rows(`alter database ${name} reset temp_file_limit`);
    await db().rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await isReady();
  });

  test('writes to the database once a second at most, however often it is asked', async () => {
    await isReady();
    const before = await looks();
    const began = performance.now();
    while (performance.now() - began < 3_000) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i % 2 ? '/health/ready' : '/health/intake')));
    }
    const seconds = (performance.now() - began) / 1_000;
    // A backend tells of its files some time after the transaction.
    await eventually('the looks are counted', async () => (await ask('/health/ready')) && (await looks()) > before + 1);
    expect((await looks()) - before).toBeLessThanOrEqual(seconds + 4);
  });

  // Last: what fell silent stays so, in the pool too.
  test.each(['cut', 'silence'] as const)(
    'says within two seconds what is missing when the way to the database is: %s',
    async (fault) => {
      await isReady();
      proxy[fault]();
      const { body, headers } = await refusal('/health/ready');
      expect(body).toMatchObject({ code: 'not_ready', status: 503, missing: ['database'] });
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(headers.get('retry-after')).toBe('5');
      expect((await refusal('/health/intake')).body).toMatchObject({
        missing: ['database'],
        detail: expect.stringContaining('SPOOL_DIR'),
      });
      expect(await statuses()).toEqual([200, 200, 503, 503, 503, 503]);
      proxy.open();
      await isReady();
      expect(await statuses()).toEqual([200, 200, 200, 200, 200, 200]);
    },
  );
});
