import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory, postBack } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

describe('the relay survives the platform’s death by SIGKILL', () => {
  test('between the record and the next attempt', async () => {
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, RELAY_RETRY_SECONDS: '3,3,3,3' };
    const before = await startPlatform(env);
    const partner = await receiver();
    partner.always(503);
    const story = await newStory({ url: before.url, databaseUrl });
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    await eventually('the first attempt is recorded', async () => (await story.payment(id)).relay[0].attempts === 1);
    expect(await before.stop('SIGKILL')).toBeNull();
    partner.always(204);

    const after = await startPlatform(env);
    story.moveTo(after.url);
    await eventually('the partner is told', async () => (await story.payment(id)).relay[0].status === 'delivered');
    const ids = partner.deliveries.map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ids).size).toBe(1);
    await after.stop();
  });

  test('in the middle of an attempt', async () => {
    const databaseUrl = await newDatabase();
    const before = await startPlatform({ DATABASE_URL: databaseUrl });
    const partner = await receiver();
    partner.always(() => undefined);
    const story = await newStory({ url: before.url, databaseUrl });
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    await eventually('the partner is being told', () => partner.deliveries.length === 1);
    await before.stop('SIGKILL');
    partner.always(204);
    // Its claim ends ten seconds after the deadline; here the clock is turned on instead.
    await story.db.rows(`update deliveries set claimed_until = now() where claimed_until is not null`);

    const after = await startPlatform({ DATABASE_URL: databaseUrl });
    story.moveTo(after.url);
    await eventually(
      'the partner is told',
      async () => (await story.payment(id)).relay[0].status === 'delivered',
      60_000,
    );
    expect(new Set(partner.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await after.stop();
  }, 90_000);
});
