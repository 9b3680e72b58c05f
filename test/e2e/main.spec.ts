import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { api } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { freePort, startAndFail, startPlatform, stopPlatforms } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';
import { newStory } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const { DATABASE_URL = '', ENCRYPTION_KEYS = '', ADMIN_KEY = '' } = stage.settings;
const NEEDED = { DATABASE_URL, ENCRYPTION_KEYS, ADMIN_KEY };

describe('in production', () => {
  const production = async () => ({
    NODE_ENV: 'production',
    PORT: String(await freePort()),
    HOST: '127.0.0.1',
    ...NEEDED,
  });

  test.each(['DATABASE_URL', 'ENCRYPTION_KEYS', 'ADMIN_KEY'])(
    'a missing %s stops the start and is named',
    async (name) => {
      const env = await production();
      const starts = [undefined, '', '  '].map((value) => startAndFail({ ...env, [name]: value }));
      for (const { code, said } of await Promise.all(starts)) {
        expect(code).toBe(1);
        expect(said).toContain(`${name} is required`);
        for (const other of Object.keys(NEEDED).filter((one) => one !== name)) expect(said).not.toContain(other);
        for (const secret of Object.values(NEEDED)) expect(said).not.toContain(secret);
      }
    },
  );

  test('all that is missing is named at once', async () => {
    const { code, said } = await startAndFail({ NODE_ENV: 'production' });
    expect(code).toBe(1);
    for (const name of Object.keys(NEEDED)) expect(said).toContain(`${name} is required`);
  });

  test.each<[string, string]>([
    ['DATABASE_URL', 'mysql://canary-user:canary-password@canary-host/db'],
    ['ENCRYPTION_KEYS', `k1:${Buffer.from('canary-too-short').toString('base64')}`],
    ['ENCRYPTION_KEYS', `k1:${randomBytes(32).toString('base64')},k1:${randomBytes(32).toString('base64')}`],
    ['ENCRYPTION_KEYS', randomBytes(32).toString('base64')],
    ['ADMIN_KEY', 'canary-short-admin-key'],
    ['PUBLIC_URL', 'http://canary.example.com'],
    ['PORT', 'canary'],
    ['INVOICE_CLOUD_PATHS', '{"canary": 1}'],
    ['RELAY_RETRY_SECONDS', '1,canary'],
    ['LOG_LEVEL', 'canary'],
  ])('a wrong %s is named and its value is not shown', async (name, value) => {
    const { code, said } = await startAndFail({ ...(await production()), [name]: value });
    expect(code).toBe(1);
    expect(said).toContain(name);
    expect(said).not.toContain('canary');
    expect(said).not.toContain(value);
  });

  test('a database that does not answer ends the start without its password', async () => {
    const password = `canary${randomUUID()}`;
    const { code, said } = await startAndFail({
      ...(await production()),
      DATABASE_URL: `postgres://user:${password}@127.0.0.1:${await freePort()}/nowhere`,
    });
    expect(code).toBe(1);
    expect(said.trim()).not.toBe('');
    expect(said).not.toContain(password);
  });

  test('a wrong password of the database ends the start without showing it', async () => {
    const url = new URL(DATABASE_URL);
    url.password = `canary${randomUUID()}`;
    const { code, said } = await startAndFail({ ...(await production()), DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(said).not.toContain(url.password);
  });

  test('there is no demo data, and without PUBLIC_URL no payment is opened', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      PUBLIC_URL: undefined,
      DRAIN_SECONDS: '0',
    });
    expect(await db(databaseUrl).count('from partners')).toBe(0);
    expect(await db(databaseUrl).count('from billers')).toBe(0);
    expect(platform.said()).toContain('PUBLIC_URL');
    const story = await newStory({ url: platform.url, databaseUrl });
    const answer = await story.ask();
    expect(answer).toMatchObject({ status: 503, body: { code: 'public_url_missing' } });
    expect(await story.paymentsStored()).toBe(0);
    expect(await platform.stop()).toBe(0);
  });

  test('an old schema stops the start where it may not migrate', async () => {
    const { code, said } = await startAndFail({
      ...(await production()),
      DATABASE_URL: await newDatabase(),
      MIGRATE_ON_START: 'false',
    });
    expect(code).toBe(1);
    expect(said).toContain('migrate');
  });
});

describe('the platform’s process', () => {
  test('names PORT when it is taken, and ends', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const { code, said } = await startAndFail({ ...stage.settings, PORT: String(port) });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`PORT.*${port}`));
    expect(said).not.toMatch(/^\s+at /m);
    await new Promise((done) => server.close(done));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends by %s with exit code 0', async (signal) => {
    const platform = await startPlatform({ DATABASE_URL: await newDatabase() });
    expect(platform.said()).toContain(`listens on ${platform.url}`);
    expect(await platform.stop(signal)).toBe(0);
    await expect(fetch(`${platform.url}/health/live`)).rejects.toThrow();
  });

  test('finishes what is under way before it ends', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl });
    const story = await newStory({ url: platform.url, databaseUrl });
    await story.fault({ kind: 'delay', ms: 1_000, operation: 'cloud-payments' });
    const asking = story.ask();
    await eventually('Invoice Cloud is being asked', async () => (await story.requests()).length === 1);
    const code = platform.stop();
    expect((await asking).status).toBe(201);
    expect(await code).toBe(0);
    expect(await story.db.count(`from payments where status = 'open'`)).toBe(1);
  });

  test('that loses its database says so, lives on, and works again when it is back', async () => {
    const databaseUrl = await newDatabase();
    const name = new URL(databaseUrl).pathname.slice(1);
    const platform = await startPlatform({ DATABASE_URL: databaseUrl });
    await db().rows(`alter database ${name} with allow_connections false`);
    await db().rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const lost = await eventually('it is not ready', async () => {
      const answer = await api({ path: '/health/ready', url: platform.url });
      return answer.status === 503 && answer;
    });
    expect(lost.body).toMatchObject({ code: 'not_ready', status: 503 });
    expect(lost.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await api({ path: '/health/live', url: platform.url })).toMatchObject({ status: 200 });

    await db().rows(`alter database ${name} with allow_connections true`);
    await eventually(
      'it is ready',
      async () => (await api({ path: '/health/ready', url: platform.url })).status === 200,
    );
    const story = await newStory({ url: platform.url, databaseUrl });
    expect((await story.ask()).status).toBe(201);
    expect(await platform.stop()).toBe(0);
  });

  test('two that start at once on an empty database share one schema', async () => {
    const databaseUrl = await newDatabase();
    const both = await Promise.all([
      startPlatform({ DATABASE_URL: databaseUrl }),
      startPlatform({ DATABASE_URL: databaseUrl }),
    ]);
    for (const { url } of both) expect((await api({ path: '/health/ready', url })).status).toBe(200);
    expect(await db(databaseUrl).count('from setting_definitions')).toBe(1);
    await Promise.all(both.map((platform) => platform.stop()));
  });
});
