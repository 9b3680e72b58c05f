import { Client } from 'pg';
import { admin } from '../../support/api.js';
import { closeDb, db, newDatabase } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../../support/platform.js';
import { newStory, type Story } from '../../support/story.js';

let databaseUrl: string;
let url: string;

// Of its own: the end of the audit trail is everybody's.
beforeAll(async () => {
  databaseUrl = await newDatabase();
  const platform: Platform = await startPlatform({ DATABASE_URL: databaseUrl });
  ({ url } = platform);
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

/** Keeps every change by an administrator from its end, where it is written into the audit trail. */
async function whileChangesWait(
  work: (waiting: (changes: number) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select from audit_head for update');
    await work((changes) =>
      eventually('the change waits', async () => {
        const waiting = `from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%audit_head%'`;
        return (await db(databaseUrl).count(waiting)) >= changes;
      }),
    );
  } finally {
    await holder.query('rollback');
    await holder.end();
  }
}

describe('while an administrator changes a biller, its payments are opened', () => {
  let story: Story;
  beforeEach(async () => {
    story = await newStory({ url, databaseUrl });
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    [
      'name',
      async (path) => {
        const { revision } = await admin('GET', path, undefined, url);
        return admin('PATCH', path, { name: 'New' }, url, { 'if-match': `"${revision}"` });
      },
    ],
    ['API key', (path) => admin('PUT', `${path}/api-key`, { apiKey: story.invoiceCloudKey, force: true }, url)],
    ['setting', (path) => admin('PUT', `${path}/settings/36`, { value: 'https://portal.example.com/own' }, url)],
    ['being switched on', (path) => admin('POST', `${path}/activate`, {}, url)],
  ])('%s', async (_, change) => {
    let changing: Promise<unknown> = Promise.resolve();
    await whileChangesWait(async (waiting) => {
      changing = change(`/billers/${story.billerId}`);
      await waiting(1);
      const late = new Promise((_done, fail) => setTimeout(() => fail(new Error('the payment waits')), 3_000).unref());
      const answer = await Promise.race([story.askAnother(), late]);
      expect(answer).toMatchObject({ status: 201 });
    });
    await changing;
  });
});
