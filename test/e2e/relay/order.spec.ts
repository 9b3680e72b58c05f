import { closeDb, db, newDatabase } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, receiver } from '../../support/receiver.js';
import { allDelivered, deliveriesOf, idOf, report, tell } from '../../support/relay.js';
import { newStory } from '../../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

describe('deliveries of one payment', () => {
  test('are numbered, and a later one waits until the earlier one is delivered', async () => {
    const partner = await receiver();
    partner.answer(503, 503);
    const story = await newStory();
    const { id } = await report(story, partner.url, { refusals: 2 });
    const deliveries = await allDelivered(id);
    expect(deliveries.map(({ sequence, attempts }) => [sequence, attempts])).toEqual([
      [1, 3],
      [2, 1],
      [3, 1],
    ]);
    const [first, second, third] = deliveries.map((delivery) => delivery.id);
    expect(partner.deliveries.map(idOf)).toEqual([first, first, first, second, third]);
    // Woken at once, not when the ten minutes were over.
    for (const { createdAt, deliveredAt } of deliveries) {
      expect(Date.parse(deliveredAt) - Date.parse(createdAt)).toBeLessThan(60_000);
    }
  });

  test('do not wait for one that is parked', async () => {
    const partner = await receiver();
    partner.answer(503, 503, 503, 503);
    const story = await newStory();
    const { id } = await report(story, partner.url, { refusals: 1 });
    const [first, second] = await eventually('the second is delivered', async () => {
      const deliveries = await deliveriesOf(id);
      return deliveries[1]?.status === 'delivered' && deliveries;
    });
    expect(first).toMatchObject({ status: 'parked', attempts: 4 });
    expect(partner.deliveries.map(idOf)).toEqual([first.id, first.id, first.id, first.id, second.id]);
  });

  test('overtake after ten minutes: one refused message hides no payment for days', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, RELAY_RETRY_SECONDS: '86400' });
    const partner = await receiver();
    partner.answer(500);
    const story = await newStory({ url: platform.url, databaseUrl });
    const { id } = await report(story, partner.url, { refusals: 1 });
    const [, held] = await eventually('the first attempt is recorded', async () => {
      const deliveries = await deliveriesOf(id, platform.url);
      return deliveries[0].attempts === 1 && deliveries;
    });
    expect(held).toMatchObject({ status: 'pending', attempts: 0, waitingFor: 'earlier-delivery', sequence: 2 });
    expect(Date.parse(held.nextAttemptAt) - Date.parse(held.createdAt)).toBe(600_000);
    expect(partner.deliveries).toHaveLength(1);

    await story.db.rows('update deliveries set next_attempt_at = now() where id = $1', [held.id]);
    await eventually('the second is delivered', async () => {
      return (await deliveriesOf(id, platform.url))[1].status === 'delivered';
    });
    expect((await deliveriesOf(id, platform.url))[0]).toMatchObject({ status: 'pending', attempts: 1 });
    await platform.stop();
  });

  test('go on being counted when the earlier ones are forgotten', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl, InvoiceNumber } = await report(story, partner.url, { refusals: 1, paid: false });
    await allDelivered(id);
    await db().rows('delete from deliveries where subject_id = $1', [id]);
    await tell(postBackUrl, story.message({ InvoiceNumber }));
    expect((await allDelivered(id)).map(({ sequence }) => sequence)).toEqual([2]);
  });
});
