import { ask, newAdminKey, NOBODY } from '../../support/administration.js';
import { admin } from '../../support/api.js';
import { closeDb, db, newDatabase } from '../../support/db.js';
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

describe('an endpoint', () => {
  test('that answers 410 is switched off; what is recorded waits, and goes out when it is on again', async () => {
    const partner = await receiver('/hook?of=one');
    partner.answer(410);
    const story = await newStory();
    const first = await report(story, partner.url);
    const off = await eventually('it is off', async () => {
      const endpoint = await endpointOf(story, partner);
      return endpoint.disabledAt !== null && endpoint;
    });
    expect(off).toMatchObject({ disabledReason: 'the endpoint answered 410' });
    // Another query is the same endpoint, another path is not.
    const second = await report(story, partner.url.replace('one', 'two'));
    const elsewhere = await report(story, partner.url.replace('/hook', '/other'));
    await allDelivered(elsewhere.id);
    expect(partner.deliveries.map(({ url }) => url)).toEqual(['/hook?of=one', '/other?of=one']);
    expect(await deliveriesOf(second.id)).toMatchObject([
      { status: 'pending', attempts: 0, waitingFor: 'switched-off-endpoint', endpointId: off.id },
    ]);
    expect(await deliveriesOf(first.id)).toMatchObject([
      { status: 'pending', attempts: 1, lastStatus: 410, waitingFor: 'switched-off-endpoint' },
    ]);

    const operator = await newAdminKey('operator');
    const on = await ask('POST', `/relay-endpoints/${off.id}/enable`, undefined, operator);
    expect(on).toMatchObject({ status: 200, body: { disabledAt: null, disabledReason: null, failures: 0 } });
    await allDelivered(first.id);
    await allDelivered(second.id);
    const events = await ask('GET', `/audit-events?target=relay-endpoint:${off.id}`);
    expect(events.body.data).toMatchObject([
      { action: 'relay-endpoint.enable', before: { disabledReason: 'the endpoint answered 410' } },
    ]);
  });

  test('that answers 410 at the last attempt parks nothing', async () => {
    const partner = await receiver();
    partner.answer(500, 500, 500, 410);
    const story = await newStory();
    const { id } = await report(story, partner.url);
    const off = await eventually('it is off', async () => {
      const endpoint = await endpointOf(story, partner);
      return endpoint.disabledAt !== null && endpoint;
    });
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempts: 4 }]);
    await admin('POST', `/relay-endpoints/${off.id}/enable`);
    expect(await allDelivered(id)).toMatchObject([{ attempts: 5 }]);
  });

  test('is switched off and on by an operator, who says why', async () => {
    const partner = await receiver();
    const story = await newStory();
    await allDelivered((await report(story, partner.url)).id);
    const { id } = await endpointOf(story, partner);
    const reason = 'moves to another data centre';
    const off = await admin('POST', `/relay-endpoints/${id}/disable`, { reason });
    expect(off).toMatchObject({ disabledAt: expect.any(String), disabledReason: reason });
    const list = async (disabled: boolean) =>
      (await admin('GET', `/relay-endpoints?partnerId=${story.partner.id}&disabled=${disabled}`)).data;
    expect(await list(true)).toMatchObject([{ id, disabledReason: reason }]);
    expect(await list(false)).toEqual([]);
    const later = await report(story, partner.url);
    expect(await deliveriesOf(later.id)).toMatchObject([{ attempts: 0, waitingFor: 'switched-off-endpoint' }]);
    await admin('POST', `/relay-endpoints/${id}/enable`);
    await allDelivered(later.id);
    for (const [verb, body] of [
      ['enable', undefined],
      ['disable', { reason }],
    ] as const) {
      expect((await ask('POST', `/relay-endpoints/${NOBODY}/${verb}`, body)).body.code).toBe('endpoint_not_found');
    }
    expect(await ask('POST', `/relay-endpoints/${id}/disable`, {})).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'reason' }] },
    });
  });

  test('that fails five times in a row is held back, and then one delivery goes first', async () => {
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, RELAY_RETRY_SECONDS: Array(50).fill(0).join(), RELAY_PER_ENDPOINT: '1' };
    const platform = await startPlatform(env);
    const partner = await receiver();
    partner.always(503);
    const story = await newStory({ url: platform.url, databaseUrl });
    const { id: first } = await report(story, partner.url);
    const endpoint = () => endpointOf(story, partner, platform.url);
    const heldBack = (failures: number) =>
      eventually(`held back after ${failures}`, async () => {
        const found = await endpoint();
        return found.failures === failures && found.heldBackUntil !== null && found;
      });
    await heldBack(5);
    expect(partner.deliveries).toHaveLength(5);
    const { id: second } = await report(story, partner.url);
    expect(await deliveriesOf(second, platform.url)).toMatchObject([{ attempts: 0, waitingFor: 'failing-endpoint' }]);
    expect((await deliveriesOf(first, platform.url))[0].attempts).toBe(5);

    const turnOn = () =>
      story.db.rows('update relay_endpoints set open_until = now() where partner_id = $1', [story.partner.id]);
    await turnOn();
    // One probe, not both.
    const { heldBackUntil } = await heldBack(6);
    expect(partner.deliveries).toHaveLength(6);
    expect(Date.parse(heldBackUntil) - Date.now()).toBeGreaterThan(5_000);

    partner.always(204);
    await turnOn();
    await allDelivered(first, platform.url);
    await allDelivered(second, platform.url);
    expect(await endpoint()).toMatchObject({ failures: 0, heldBackUntil: null });
    await platform.stop();
  });

  test('that hangs holds its own places and nobody else’s', async () => {
    const databaseUrl = await newDatabase();
    const env = {
      DATABASE_URL: databaseUrl,
      RELAY_CONCURRENCY: '12',
      RELAY_PER_ENDPOINT: '2',
      RELAY_TIMEOUT_MS: '40000',
    };
    const platform = await startPlatform(env);
    const hanging = await receiver();
    hanging.always(() => undefined);
    const story = await newStory({ url: platform.url, databaseUrl });
    for (let n = 0; n < 6; n += 1) await report(story, hanging.url);
    await eventually('two hang', () => hanging.deliveries.length === 2);
    // Other paths of the same partner: a quarter of twelve in all.
    for (let n = 0; n < 6; n += 1) await report(story, `${hanging.url}/${n}`);
    await eventually('three hang', () => hanging.deliveries.length === 3);

    const sound = await receiver();
    const other = await newStory({ url: platform.url, databaseUrl });
    for (let n = 0; n < 10; n += 1) await allDelivered((await report(other, sound.url)).id, platform.url);
    expect(hanging.deliveries).toHaveLength(3);
    expect(new Set(sound.deliveries.map(idOf)).size).toBe(10);
    await platform.stop('SIGKILL');
  });
});

test('forgotten is after thirty days what was delivered or parked, unless its endpoint is switched off', async () => {
  const databaseUrl = await newDatabase();
  // The janitor's minute, and nothing else, passes in a twentieth of a second.
  const clock =
    'const real=globalThis.setInterval;globalThis.setInterval=(run,ms,...rest)=>real(run,ms===60000?50:ms,...rest)';
  const platform = await startPlatform({
    DATABASE_URL: databaseUrl,
    RELAY_RETRY_SECONDS: '0',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
  });
  const partner = await receiver();
  const story = await newStory({ url: platform.url, databaseUrl });
  const states = async (id: string) => (await deliveriesOf(id, platform.url)).map(({ status }) => status);
  const until = (what: string, id: string, wanted: string[]) =>
    eventually(what, async () => JSON.stringify(await states(id)) === JSON.stringify(wanted));
  const age = (days: number) =>
    story.db.rows(
      `update deliveries set delivered_at = delivered_at - $1 * interval '1 day', parked_at = parked_at - $1 * interval '1 day'`,
      [days],
    );
  const { id: delivered } = await report(story, partner.url);
  await until('one is delivered', delivered, ['delivered']);
  partner.always(500);
  const { id: parked } = await report(story, partner.url);
  await until('one is parked', parked, ['parked']);
  await age(29);
  const round = () => new Promise((done) => setTimeout(done, 300));
  await round();
  expect([await states(delivered), await states(parked)]).toEqual([['delivered'], ['parked']]);

  const { id } = await endpointOf(story, partner, platform.url);
  await admin('POST', `/relay-endpoints/${id}/disable`, { reason: 'test' }, platform.url);
  const { id: waiting } = await report(story, partner.url);
  await age(2);
  await until('the delivered one is forgotten', delivered, []);
  await round();
  expect([await states(parked), await states(waiting)]).toEqual([['parked'], ['pending']]);

  await admin('POST', `/relay-endpoints/${id}/enable`, undefined, platform.url);
  await round();
  expect(await states(parked)).toEqual(['parked']);
  await story.db.rows(`update relay_endpoints set enabled_at = enabled_at - interval '31 days'`);
  await until('the parked one is forgotten', parked, []);
  expect(
    await db(databaseUrl).count('from delivery_attempts where delivery_id not in (select id from deliveries)'),
  ).toBe(0);
  await platform.stop();
});
