import { jest } from '@jest/globals';
import { Client, Pool } from 'pg';
import { SESSION, watched } from '../../src/database/database.js';
import { Primary } from '../../src/database/primary.js';
import { checkSession } from '../../src/database/session-check.js';
import { ask } from '../support/administration.js';
import { api } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { startPgbouncer, stopPgbouncers } from '../support/pgbouncer.js';
import { type Platform, startAndFail, startPlatform, stopPlatforms } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';
import { newStory, postBack } from '../support/story.js';

// Each starts a pooler and processes.
jest.setTimeout(120_000);

let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
});
afterAll(async () => {
  await stopPlatforms();
  await stopPgbouncers();
  await closeDb();
});

describe('PgBouncer in session mode, by its defaults', () => {
  let url: string;
  const platforms: Platform[] = [];
  beforeAll(async () => {
    url = await startPgbouncer(databaseUrl);
    for (const _ of [1, 2]) {
      platforms.push(await startPlatform({ DATABASE_URL: url, DATABASE_POOL_SIZE: '5' }));
    }
  });

  test('carries payments from opening to PostBack', async () => {
    const story = await newStory({ url: platforms[0]?.url, databaseUrl });
    const { id, postBackUrl, InvoiceNumber } = await story.openAnother();
    expect(await postBack(postBackUrl, story.message({ InvoiceNumber }))).toBe(204);
    expect(await db(databaseUrl).rows('select status from payments where id = $1', [id])).toEqual([{ status: 'paid' }]);
  });

  test('keeps the settings of our sessions, and gives them to nobody else', async () => {
    const pool = new Pool({ connectionString: url, max: 1, ...watched });
    const settings = async (client: Pick<Client, 'query'>): Promise<unknown> => {
      const names = Object.keys(SESSION);
      const { rows } = await client.query('select name, current_setting(name) as v from unnest($1::text[]) as name', [
        names,
      ]);
      return Object.fromEntries(rows.map(({ name, v }: { name: string; v: string }) => [name, v]));
    };
    expect(await settings(pool)).toEqual(SESSION);
    await pool.end();
    const other = new Client(url);
    await other.connect();
    expect(await settings(other)).toMatchObject({ enable_seqscan: 'on', lock_timeout: '0' });
    await other.end();
  });

  test('is believed to keep notifications to itself: nothing is kept in memory, which is said once', async () => {
    const story = await newStory({ url: platforms[0]?.url, databaseUrl });
    const read = async (platform: Platform | undefined) =>
      (await api({ path: story.path, key: story.key, url: platform?.url })).status;
    for (const platform of platforms) expect(await read(platform)).toBe(200);
    // Longer than three questions whether it listens.
    await new Promise((done) => setTimeout(done, 3_500));
    const { body } = await ask('GET', `/partners/${story.partner.id}/keys`, undefined, { url: platforms[0]?.url });
    await ask('POST', `/partners/${story.partner.id}/keys/${body.data[0].id}/revoke`, {}, { url: platforms[0]?.url });
    for (const platform of platforms) expect(await read(platform)).toBe(401);
    for (const platform of platforms) {
      expect(platform.said().match(/behind a pooler/g)).toHaveLength(1);
      expect(platform.said()).not.toMatch(/not listening/);
    }
  });

  test('that has too few connections stops the start, and says how many it needs', async () => {
    const narrow = await startPgbouncer(databaseUrl, { default_pool_size: '1' });
    const { code, said } = await startAndFail({ ...stage.settings, DATABASE_URL: narrow });
    expect([code, said.trim()]).toEqual([
      1,
      expect.stringMatching(/^DATABASE_URL .* DATABASE_POOL_SIZE and three more[^\n]*$/),
    ]);
  });
});

describe.each(['transaction', 'statement'])('PgBouncer in %s mode', (mode) => {
  test.each(['1', '20'])('stops the start in one plain line, with %s connections', async (size) => {
    const url = await startPgbouncer(databaseUrl, { pool_mode: mode, default_pool_size: size });
    const { code, said } = await startAndFail({ ...stage.settings, DATABASE_URL: url });
    expect(code).toBe(1);
    expect(said.trim()).toMatch(/^DATABASE_URL leads to a pooler that shares[^\n]*pool_mode = session[^\n]*$/);
  });

  test('is found out beside others who use it, and where it takes its servers in turn', async () => {
    const url = await startPgbouncer(databaseUrl, { pool_mode: mode, server_round_robin: '1' });
    const others = new Pool({ connectionString: url, max: 4 });
    let going = true;
    const busy = Array.from({ length: 4 }, async () => {
      while (going) await others.query('select pg_sleep(0.002)');
    });
    await expect(checkSession(new Primary(url))).rejects.toThrow(/session mode/);
    going = false;
    await Promise.all(busy);
    await others.end();
  });
});

test('a server that is reached without a pooler passes', async () => {
  await checkSession(new Primary(databaseUrl));
});
