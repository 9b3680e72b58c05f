import { ask } from '../support/administration.js';
import { api } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { newStory, type Story } from '../support/story.js';

/** Two processes on a database of their own, and a biller whose key both have in memory. */
let databaseUrl: string;
let [first, second]: Platform[] = [];
let story: Story;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  first = await startPlatform({ DATABASE_URL: databaseUrl });
  second = await startPlatform({ DATABASE_URL: databaseUrl });
});
beforeEach(async () => {
  story = await newStory({ url: first?.url, databaseUrl });
  // Not before both are sure that they hear.
  await eventually('both listen', async () => (await listeners()) === 2);
  for (const platform of [first, second]) expect(await read(platform)).toBe(200);
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const read = async (platform: Platform | undefined): Promise<number> =>
  (await api({ path: story.path, key: story.key, url: platform?.url })).status;
const LISTENING = `from pg_stat_activity where datname = current_database() and application_name = 'billbridge-listener'`;
const listeners = () => db(databaseUrl).count(LISTENING);

describe('what processes keep in memory of keys and billers', () => {
  test('is forgotten by the process that changed it with its answer, and by the others at once', async () => {
    const { body } = await ask('GET', `/partners/${story.partner.id}/keys`, undefined, { url: first?.url });
    await ask('POST', `/partners/${story.partner.id}/keys/${body.data[0].id}/revoke`, {}, { url: first?.url });
    expect(await read(first)).toBe(401);
    await eventually('the other has heard', async () => (await read(second)) === 401, 2_000);
  });

  test.each([
    ['a biller that is switched off', `update billers set deactivated_at = now() where id = $1`, 409],
    ['a key that is revoked', `update partner_keys set revoked_at = now() where $1 = any(biller_ids)`, 401],
    ['a key that is gone', `delete from partner_keys where $1 = any(biller_ids)`, 401],
  ])('is forgotten whoever made the change: %s', async (_, sql, status) => {
    await db(databaseUrl).rows(sql, [story.billerId]);
    for (const platform of [first, second]) {
      await eventually('it has heard', async () => (await read(platform)) === status, 2_000);
    }
  });

  test('is not used by a process whose connection has gone, and which misses the change', async () => {
    await db(databaseUrl).rows(`select pg_terminate_backend(pid) ${LISTENING}`);
    await db(databaseUrl).rows(`update partner_keys set revoked_at = now() where $1 = any(biller_ids)`, [
      story.billerId,
    ]);
    for (const platform of [first, second]) {
      await eventually('it looks by itself', async () => (await read(platform)) === 401, 500);
    }
    await eventually('both listen again', async () => (await listeners()) === 2);
  });
});
