import { admin, api, type Json } from '../support/api.js';
import { closeDb, Database, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { newStory } from '../support/story.js';

const BILLERS = 100_000;
let database: Database;
let platform: Platform;

beforeAll(async () => {
  const url = await newDatabase();
  platform = await startPlatform({ DATABASE_URL: url });
  const { id } = await admin('POST', '/partners', { name: 'Grown' }, platform.url);
  database = new Database(url);
  await database.rows(
    `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
     select gen_random_uuid(), $1, 'Biller ' || n, 'DBA ' || md5(n::text), gen_random_uuid(), 'test', '{"pinned":{},"defaults":{}}'
     from generate_series(1, ${BILLERS}) n`,
    [id],
  );
  await database.rows(
    `insert into partner_keys (id, partner_id, name, mode, digest, last_four, scopes)
     select gen_random_uuid(), $1, 'k', 'test', sha256(n::text::bytea), 'xxxx', '{}' from generate_series(1, ${BILLERS}) n`,
    [id],
  );
  await database.rows('analyze');
}, 120_000);

afterAll(async () => {
  await database.close();
  await stopPlatforms();
  await closeDb();
});

/** Sequential scans and index scans so far, of the tables that are large here; small ones are rightly read whole. */
async function scans(): Promise<{ sequential: number; byIndex: number }> {
  const [row] = await database.rows<{ sequential: string; index: string }>(
    `select sum(seq_scan) as sequential, sum(idx_scan) as index from pg_stat_user_tables
     where relname in ('billers', 'partner_keys')`,
  );
  return { sequential: Number(row?.sequential), byIndex: Number(row?.index) };
}

/** Backends report their scans with a delay of about a second: what was done before is waited for by a mark after it. */
async function scansOf(work: () => Promise<unknown>, least: number): Promise<number> {
  const before = await settled();
  await work();
  let after = before;
  await eventually(
    'the scans are reported',
    async () => {
      after = await scans();
      return after.byIndex >= before.byIndex + least;
    },
    20_000,
  );
  return (await settled()).sequential - before.sequential;
}

async function settled(): Promise<{ sequential: number; byIndex: number }> {
  let last = await scans();
  let since = Date.now();
  await eventually(
    'the statistics rest',
    async () => {
      const now = await scans();
      if (now.sequential !== last.sequential || now.byIndex !== last.byIndex) since = Date.now();
      last = now;
      return Date.now() - since > 2_500;
    },
    30_000,
  );
  return last;
}

describe(`with ${BILLERS} billers and as many keys`, () => {
  const get = (path: string): Promise<Json> => admin('GET', path, undefined, platform.url);

  test('pages, searches, look-ups and payments read by index alone', async () => {
    const story = await newStory({ url: platform.url, returnUrl: 'https://portal.example.com/own' });
    const sequential = await scansOf(async () => {
      for (const sort of ['createdAt', '-createdAt', 'name', '-name', 'dba', '-dba']) {
        const first = await get(`/billers?limit=50&sort=${sort}`);
        expect(first.data).toHaveLength(50);
        await get(`/billers?limit=50&sort=${sort}&cursor=${encodeURIComponent(first.nextCursor)}`);
      }
      expect((await get('/billers?search=biller%2099999')).data).toHaveLength(1);
      expect((await get(`/billers?search=${story.billerGuid}`)).data).toHaveLength(1);
      await get(`/billers/${story.billerId}`);
      expect((await story.ask()).status).toBe(201);
      expect((await story.get('')).body.data).toHaveLength(1);
      expect((await api({ path: story.path, key: 'bb_test_unknown', url: platform.url })).status).toBe(401);
      await admin('POST', `/billers/${story.billerId}/check`, {}, platform.url);
    }, 20);
    expect(sequential).toBe(0);
  });
});
