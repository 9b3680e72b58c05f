import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SEALED_COLUMNS } from '../../src/database/sealed-columns.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newInvoiceNumber, newStory } from '../support/story.js';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [key('old'), key('new')];

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

async function command(name: string, databaseUrl: string, ring: string): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env['PATH'], ...stage.settings, DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: ring };
  const run = promisify(execFile)(process.execPath, [join(stage.rootDir, 'dist/src/commands.js'), name], { env });
  return run.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  );
}

describe('encryption keys', () => {
  test('are known for every sealed column of the schema', async () => {
    const columns = await db().rows<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and column_name like '%sealed%'`,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(
      SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort(),
    );
  });

  test('are rotated while the platform serves, and the old one is not needed afterwards', async () => {
    const databaseUrl = await newDatabase();
    const start = (ring: string): Promise<Platform> =>
      startPlatform({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: ring });
    const before = await start(OLD);
    const story = await newStory({ url: before.url, databaseUrl });
    const body = sampleRequest();
    const { cloudPaymentUrl } = (await story.ask(body, { 'idempotency-key': 'rotated' })).body;
    expect(cloudPaymentUrl).toEqual(expect.any(String));
    await before.stop();

    const during = await start(`${NEW},${OLD}`);
    story.moveTo(during.url);
    expect(await command('keys:verify', databaseUrl, `${NEW},${OLD}`)).toMatchObject({
      code: 1,
      said: expect.stringContaining('needs key "old"'),
    });
    const [rotation, served] = await Promise.all([
      command('keys:rotate', databaseUrl, `${NEW},${OLD}`),
      // Each of its own: what is sealed meanwhile must open afterwards too.
      Promise.all(
        Array.from({ length: 20 }, () => story.ask(sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() }))),
      ),
    ]);
    expect(rotation).toMatchObject({ code: 0, said: expect.stringContaining('sealed anew with key "new"') });
    expect(served.map(({ status }) => status)).toEqual(served.map(() => 201));
    expect((await command('keys:rotate', databaseUrl, `${NEW},${OLD}`)).said).toContain('0 values');
    expect(await command('keys:verify', databaseUrl, `${NEW},${OLD}`)).toMatchObject({
      code: 0,
      said: expect.stringContaining('No value needs another key.'),
    });
    await during.stop();

    const after = await start(NEW);
    story.moveTo(after.url);
    const replay = await story.ask(body, { 'idempotency-key': 'rotated' });
    expect(replay).toMatchObject({ status: 201, body: { cloudPaymentUrl } });
    expect((await story.ask(sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() }))).status).toBe(201);
  }, 90_000);

  test('that are missing are named, and no command takes an empty secret for one', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: OLD });
    await newStory({ url: platform.url, databaseUrl });
    await platform.stop();
    const rotation = await command('keys:rotate', databaseUrl, NEW);
    expect(rotation).toMatchObject({
      code: 1,
      said: expect.stringContaining('"old", which is not in ENCRYPTION_KEYS'),
    });
  });

  test('leave the audit trail whole', async () => {
    expect(
      await command('audit:verify', stage.settings['DATABASE_URL'] ?? '', stage.settings['ENCRYPTION_KEYS'] ?? ''),
    ).toMatchObject({
      code: 0,
      said: expect.stringContaining('the chain is whole'),
    });
  });
});
