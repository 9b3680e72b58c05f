import { randomUUID } from 'node:crypto';
import { ask, NOBODY } from '../../support/administration.js';
import { admin, api, type Json } from '../../support/api.js';
import { closeDb, db, newDatabase } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, receiver, type Receiver } from '../../support/receiver.js';
import { allDelivered, deliveriesOf, deliveryOf, idOf, report } from '../../support/relay.js';
import { newKey, newStory, type Story } from '../../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

async function parked(story: Story, partner: Receiver): Promise<Json> {
  partner.always(400);
  const { id } = await report(story, partner.url);
  const [delivery] = await eventually('it is parked', async () => {
    const deliveries = await deliveriesOf(id);
    return deliveries[0].status === 'parked' && deliveries;
  });
  partner.always(204);
  return delivery;
}

const delivered = (id: string): Promise<Json> =>
  eventually('it is delivered', async () => {
    const delivery = await deliveryOf(id);
    return delivery.status === 'delivered' && delivery;
  });

describe('a replay', () => {
  test('of a parked delivery keeps its webhook-id and its number, and begins the schedule anew', async () => {
    const story = await newStory();
    const partner = await receiver();
    const { id, sequence } = await parked(story, partner);
    partner.answer(500, 500);
    const answer = await ask('POST', `/deliveries/${id}/replay`);
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'pending', parkedAt: null } });
    expect(await delivered(id)).toMatchObject({ sequence, attempts: 7 });
    expect(new Set(partner.deliveries.map(idOf))).toEqual(new Set([id]));
    expect(new Set(partner.deliveries.map(({ body }) => body)).size).toBe(1);
    const { history } = await deliveryOf(id);
    expect(history.map(({ number, status }: Json) => [number, status])).toEqual(
      [400, 400, 400, 400, 500, 500, 204].map((status, index) => [index + 1, status]),
    );
    const events = (await ask('GET', `/audit-events?target=delivery:${id}`)).body.data;
    expect(events).toMatchObject([
      { action: 'delivery.replay', before: { status: 'parked' }, after: { status: 'pending' } },
    ]);
  });

  test('of a delivered one goes out again', async () => {
    const story = await newStory();
    const partner = await receiver();
    const [{ id }] = (await allDelivered((await report(story, partner.url)).id)) as [Json];
    await admin('POST', `/deliveries/${id}/replay`);
    await eventually('it comes again', () => partner.deliveries.length === 2);
    expect(await delivered(id)).toMatchObject({ attempts: 2 });
  });

  test('of a delivery that is not there is refused', async () => {
    const answer = await ask('POST', `/deliveries/${NOBODY}/replay`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'delivery_not_found' } });
    expect((await ask('GET', `/deliveries/${NOBODY}`)).status).toBe(404);
  });

  test('of all that failed since, by partner, is counted first and done in steps', async () => {
    const story = await newStory();
    const partner = await receiver();
    const before = await parked(story, partner);
    const failedSince = new Date().toISOString();
    const found = [await parked(story, partner), await parked(story, partner), await parked(story, partner)];
    const filter = { partnerId: story.partner.id, failedSince };
    expect(await admin('POST', '/deliveries/replay', { ...filter, dryRun: true })).toEqual({
      matching: 3,
      replayed: 0,
      lastStartsAt: null,
      nextCursor: null,
    });
    expect((await deliveryOf(found[0].id)).status).toBe('parked');

    const first = await ask('POST', '/deliveries/replay', { ...filter, limit: 2 });
    expect(first.body).toMatchObject({ replayed: 2, matching: null, nextCursor: found[1].id });
    const rest = await admin('POST', '/deliveries/replay', { ...filter, limit: 2, cursor: first.body.nextCursor });
    expect(rest).toMatchObject({ replayed: 1, nextCursor: null });
    for (const { id } of found) await delivered(id);
    expect((await deliveryOf(before.id)).status).toBe('parked');
    const [event] = await db().rows('select * from audit_events where request_id = $1', [
      first.headers.get('x-request-id'),
    ]);
    expect(event).toMatchObject({
      action: 'deliveries.replay',
      target: `partner:${story.partner.id}`,
      after: { failedSince, replayed: 2 },
    });
  });

  test('by status and time takes what was recorded then', async () => {
    const story = await newStory();
    const partner = await receiver();
    const one = await parked(story, partner);
    const from = new Date(Date.now() + 1).toISOString();
    await new Promise((done) => setTimeout(done, 5));
    const two = await parked(story, partner);
    const window = { partnerId: story.partner.id, status: 'parked' };
    const count = async (more: object): Promise<number> =>
      (await admin('POST', '/deliveries/replay', { ...window, ...more, dryRun: true })).matching;
    expect([await count({}), await count({ from }), await count({ before: from })]).toEqual([2, 1, 1]);
    expect(await count({ status: 'delivered' })).toBe(0);
    expect(await count({ paymentId: two.paymentId })).toBe(1);
    expect(await count({ endpointId: one.endpointId })).toBe(2);
    expect(await count({ billerId: NOBODY })).toBe(0);
    await admin('POST', '/deliveries/replay', { ...window, from });
    await delivered(two.id);
    expect((await deliveryOf(one.id)).status).toBe('parked');
  });

  test.each([[{}], [{ partnerId: NOBODY }], [{ from: '2026-01-01' }], [{ dryRun: true }]])(
    'of everything is taken for a slip: %j',
    async (wanted) => {
      const answer = await ask('POST', '/deliveries/replay', wanted);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'status' }] } });
    },
  );

  test('goes out no faster than the partner’s rate, whoever asks', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, RELAY_REPLAYS_PER_MINUTE: '120' });
    const story = await newStory({ url: platform.url, databaseUrl });
    const partner = await receiver();
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.push((await report(story, partner.url)).id);
    for (const id of ids) await allDelivered(id, platform.url);
    const began = Date.now();
    const wanted = { partnerId: story.partner.id, status: 'delivered' };
    const { lastStartsAt, replayed } = await admin('POST', '/deliveries/replay', wanted, platform.url);
    expect(replayed).toBe(3);
    expect(Date.parse(lastStartsAt)).toBeGreaterThanOrEqual(began + 1_000);
    const [{ id }] = (await deliveriesOf(ids[0] ?? '', platform.url)) as [Json];
    const own = await api({ method: 'POST', path: `/v1/deliveries/${id}/replay`, key: story.key, url: platform.url });
    expect(own.status).toBe(200);
    await eventually('all come again', () => partner.deliveries.length >= 6);
    for (const one of ids) await allDelivered(one, platform.url);
    const starts = await story.db.rows<{ at: Date }>('select at from delivery_attempts where number > 1 order by at');
    // Never ahead of the rate; who looks once a second may be behind it.
    starts.forEach(({ at }, index) => expect(at.getTime()).toBeGreaterThanOrEqual(began + index * 500));

    const untilLate = (column: string) =>
      story.db.rows(`update partners set ${column} = now() + interval '2 hours' where id = $1`, [story.partner.id]);
    // Replays of live billers and of test billers do not wait for each other.
    await untilLate('replays_until');
    expect((await ask('POST', `/deliveries/${id}/replay`, undefined, { url: platform.url })).status).toBe(200);
    await allDelivered(ids[0] ?? '', platform.url);
    await untilLate('test_replays_until');
    const late = await ask('POST', `/deliveries/${id}/replay`, undefined, { url: platform.url });
    expect(late).toMatchObject({ status: 429, body: { code: 'too_many_replays' } });
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(3_500);
    await story.db.rows(`update partners set replays_until = null where id = $1`, [story.partner.id]);
    const live = await newStory({ url: platform.url, databaseUrl, partner: story.partner, mode: 'live' });
    const { id: livePayment } = await report(live, partner.url);
    await allDelivered(livePayment, platform.url);
    const [{ id: ofLive }] = (await deliveriesOf(livePayment, platform.url)) as [Json];
    const path = `/v1/deliveries/${ofLive}/replay`;
    expect((await api({ method: 'POST', path, key: live.key, url: platform.url })).status).toBe(200);
    await platform.stop();
  });
});

describe('a partner', () => {
  const list = async (key: string, query = ''): Promise<Json[]> =>
    (await api({ path: `/v1/deliveries${query}`, key })).body.data;

  test('lists, reads and replays its own deliveries', async () => {
    const story = await newStory();
    const partner = await receiver();
    const delivery = await parked(story, partner);
    expect(await list(story.key)).toMatchObject([{ id: delivery.id, billerId: story.billerId }]);
    expect(await list(story.key, '?status=delivered')).toEqual([]);
    const read = await api({ path: `/v1/deliveries/${delivery.id}`, key: story.key });
    expect(read.body.history).toHaveLength(4);
    const wanted = { failedSince: '2026-01-01' };
    const count = await api({ path: '/v1/deliveries/replay', key: story.key, body: { ...wanted, dryRun: true } });
    expect(count.body).toMatchObject({ matching: 1, replayed: 0 });
    expect((await api({ path: '/v1/deliveries/replay', key: story.key, body: wanted })).body.replayed).toBe(1);
    await delivered(delivery.id);
    const again = await api({ method: 'POST', path: `/v1/deliveries/${delivery.id}/replay`, key: story.key });
    expect(again).toMatchObject({ status: 200, body: { status: 'pending' } });
    const { data } = await admin('GET', `/audit-events?target=delivery:${delivery.id}`);
    expect(data).toMatchObject([{ action: 'delivery.replay', actor: expect.stringMatching(/^partner key /) }]);
    await delivered(delivery.id);
  });

  test('pages, newest first', async () => {
    const story = await newStory();
    const partner = await receiver();
    const { id } = await report(story, partner.url, { refusals: 2 });
    await allDelivered(id);
    const page = (query: string) => api({ path: `/v1/deliveries?limit=2${query}`, key: story.key });
    const first = (await page('')).body;
    const second = (await page(`&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...second.data].map(({ sequence }: Json) => sequence)).toEqual([3, 2, 1]);
    expect(second.nextCursor).toBeNull();
  });

  test('reaches no other partner’s, no other biller’s, and nothing of the other mode', async () => {
    const story = await newStory();
    const partner = await receiver();
    const delivery = await parked(story, partner);
    const sibling = await newStory({ partner: story.partner });
    const outside = [
      (await newStory()).key,
      await newKey((await newStory()).partner),
      sibling.key,
      await newKey(story.partner, { mode: 'live' }),
    ];
    for (const key of outside) {
      expect(await list(key)).toEqual([]);
      const path = `/v1/deliveries/${delivery.id}`;
      expect(await api({ path, key })).toMatchObject({ status: 404, body: { code: 'delivery_not_found' } });
      expect((await api({ method: 'POST', path: `${path}/replay`, key })).status).toBe(404);
      const body = { status: 'parked', billerId: story.billerId };
      expect((await api({ path: '/v1/deliveries/replay', key, body })).body.replayed).toBe(0);
      const named = { ...body, partnerId: story.partner.id };
      expect((await api({ path: '/v1/deliveries/replay', key, body: named })).status).toBe(400);
    }
    expect((await deliveryOf(delivery.id)).status).toBe('parked');
    // All of the partner's billers.
    expect(await list(await newKey(story.partner))).toMatchObject([{ id: delivery.id }]);
  });

  test('needs the scopes relay:read and relay:write', async () => {
    const { partner } = await newStory();
    const [reader, writer, neither] = [
      await newKey(partner, { scopes: ['relay:read'] }),
      await newKey(partner, { scopes: ['relay:write'] }),
      await newKey(partner, { scopes: ['cloud-pay:read', 'cloud-pay:write', 'sso:read', 'sso:write'] }),
    ];
    const id = randomUUID();
    const statuses = async (key: string) => [
      (await api({ path: '/v1/deliveries', key })).status,
      (await api({ path: `/v1/deliveries/${id}`, key })).status,
      (await api({ path: '/v1/deliveries/replay', key, body: { status: 'parked' } })).status,
      (await api({ method: 'POST', path: `/v1/deliveries/${id}/replay`, key })).status,
    ];
    expect(await statuses(reader)).toEqual([200, 404, 403, 403]);
    expect(await statuses(writer)).toEqual([403, 403, 200, 404]);
    expect(await statuses(neither)).toEqual([403, 403, 403, 403]);
  });
});
