import { admin } from '../../support/api.js';
import { closeDb, newDatabase } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, receiver } from '../../support/receiver.js';
import { allDelivered, deliveriesOf, endpointOf, idOf, report } from '../../support/relay.js';
import { newStory } from '../../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

describe('two processes on one database', () => {
  test('share the work: each delivery is sent once', async () => {
    const databaseUrl = await newDatabase();
    const one = await startPlatform({ DATABASE_URL: databaseUrl });
    const two = await startPlatform({ DATABASE_URL: databaseUrl });
    const partner = await receiver();
    const story = await newStory({ url: one.url, databaseUrl });
    const ids: string[] = [];
    for (let n = 0; n < 15; n += 1) ids.push((await report(story, partner.url, { refusals: 1 })).id);
    for (const id of ids) await allDelivered(id, two.url);
    expect(partner.deliveries).toHaveLength(30);
    expect(new Set(partner.deliveries.map(idOf)).size).toBe(30);
    await Promise.all([one.stop(), two.stop()]);
  });

  test('obey one switch: an endpoint that is off on one gets nothing from the other', async () => {
    const databaseUrl = await newDatabase();
    const one = await startPlatform({ DATABASE_URL: databaseUrl });
    const two = await startPlatform({ DATABASE_URL: databaseUrl });
    const partner = await receiver();
    const story = await newStory({ url: one.url, databaseUrl });
    await allDelivered((await report(story, partner.url)).id, one.url);
    const { id } = await endpointOf(story, partner, one.url);
    await admin('POST', `/relay-endpoints/${id}/disable`, { reason: 'test' }, two.url);
    const { id: payment } = await report(story, partner.url);
    // Both look every second: two looks of each.
    await new Promise((done) => setTimeout(done, 2_500));
    expect(await deliveriesOf(payment, one.url)).toMatchObject([{ attempts: 0 }]);
    await admin('POST', `/relay-endpoints/${id}/enable`, undefined, two.url);
    await allDelivered(payment, one.url);
    await Promise.all([one.stop(), two.stop()]);
  });

  test('take over from each other: a lost worker’s delivery goes on elsewhere within a minute', async () => {
    const databaseUrl = await newDatabase();
    // The claim ends ten seconds after the deadline, whatever that is: at most 55 seconds.
    const env = { DATABASE_URL: databaseUrl, RELAY_TIMEOUT_MS: '2000' };
    const lost = await startPlatform(env);
    const partner = await receiver();
    partner.always(() => undefined);
    const story = await newStory({ url: lost.url, databaseUrl });
    const { id } = await report(story, partner.url);
    await eventually('the partner is being told', () => partner.deliveries.length === 1);
    await lost.stop('SIGKILL');
    partner.always(204);
    const other = await startPlatform(env);
    await eventually(
      'it is delivered',
      async () => (await deliveriesOf(id, other.url))[0].status === 'delivered',
      60_000,
    );
    expect(partner.deliveries).toHaveLength(2);
    expect(new Set(partner.deliveries.map(idOf)).size).toBe(1);
    await other.stop();
  }, 90_000);
});
