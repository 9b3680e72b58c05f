import { randomUUID } from 'node:crypto';
import { ALERT_KINDS } from '../../src/common/alerts.js';
import { ADMIN_KEY, ask, newAdminKey } from '../support/administration.js';
import { admin, api, type Json } from '../support/api.js';
import { idAt } from '../support/copies.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { allDelivered, deliveriesOf, endpointOf, report, tell } from '../support/relay.js';
import { newStory, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

// A database of its own: what is counted is everybody's.
let url: string;
let databaseUrl: string;
let story: Story;
beforeAll(async () => {
  databaseUrl = await newDatabase();
  // Two attempts, and a partner who does not answer is waited for until the end.
  const settings = { RELAY_RETRY_SECONDS: '0.1', RELAY_TIMEOUT_MS: '45000' };
  ({ url } = await startPlatform({ DATABASE_URL: databaseUrl, ...settings }));
  story = await newStory({ url, databaseUrl });
});

const overview = (): Promise<Json> => admin('GET', '/overview', undefined, url);
const metrics = async (key = ADMIN_KEY): Promise<string> =>
  (await ask('GET', '/metrics', undefined, { key, url })).text;
/** Name and labels to value. */
async function samples(): Promise<Record<string, number>> {
  const lines = (await metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
const ofOurs = async (): Promise<Record<string, number>> => {
  const found = Object.entries(await samples()).filter(([name]) => OURS.includes(name.replace(/\{.*/, '')));
  return Object.fromEntries(found.map(([name, value]) => [name.replace('billbridge_', ''), value]));
};

/** What dashboards and alerts are made of: a name that is here stays. */
const OURS = [
  'billbridge_oldest_undelivered_seconds',
  'billbridge_undelivered',
  'billbridge_oldest_held_seconds',
  'billbridge_held_postbacks',
  'billbridge_refunds_due',
  'billbridge_payment_alerts_today',
  'billbridge_unconfirmed_openings_today',
  'billbridge_unknown_postbacks_today',
  'billbridge_invoice_cloud_breakers_open',
  'billbridge_alerts',
  'billbridge_alerts_untold',
  'billbridge_database_up',
];

const NONE = { count: 0, oldestSeconds: null };
const NOTHING = {
  undelivered: { pending: NONE, switchedOff: NONE, parked: NONE, all: NONE },
  held: NONE,
  refundsDue: 0,
  unconfirmedToday: 0,
  alertsToday: 0,
  unknownPostbacksToday: 0,
  spool: null,
  alerts: [],
};

describe('the overview and the metrics', () => {
  // First: the others leave things behind.
  test('are empty where nothing waits', async () => {
    await story.openAnother();
    expect(await overview()).toEqual(NOTHING);
    const ours = await ofOurs();
    const { database_up: up, ...waiting } = ours;
    expect(up).toBe(1);
    expect(new Set(Object.values(waiting))).toEqual(new Set([0]));
    expect(Object.keys(waiting).sort()).toEqual(
      [
        ...['all', 'parked', 'pending', 'switchedOff'].flatMap((name) => [
          `oldest_undelivered_seconds{class="${name}"}`,
          `undelivered{class="${name}"}`,
        ]),
        ...Object.keys(ALERT_KINDS).map((kind) => `alerts{kind="${kind}"}`),
        'alerts_untold',
        'held_postbacks',
        'invoice_cloud_breakers_open',
        'oldest_held_seconds',
        'payment_alerts_today',
        'refunds_due',
        'unconfirmed_openings_today',
        'unknown_postbacks_today',
      ].sort(),
    );
  });

  test('count what waits, and since when', async () => {
    const HOURS = { pending: 1, parked: 2, switchedOff: 3, held: 4 };
    const age = (table: string, column: string, key: string, id: string, hours: number) =>
      story.db.rows(`update ${table} set ${column} = now() - make_interval(hours => $2) where ${key} = $1`, [
        id,
        hours,
      ]);

    const silent = await receiver('/silent');
    silent.always(() => undefined);
    const pending = await report(story, silent.url);
    await report(story, silent.url);
    await age('deliveries', 'created_at', 'subject_id', pending.id, HOURS.pending);

    const refusing = await receiver('/refusing');
    refusing.always(500);
    const parked = await report(story, refusing.url);
    await eventually('it is parked', async () => (await deliveriesOf(parked.id, url))[0]?.status === 'parked');
    await age('deliveries', 'created_at', 'subject_id', parked.id, HOURS.parked);

    const off = await receiver('/off');
    await allDelivered((await report(story, off.url)).id, url);
    const endpoint = await endpointOf(story, off, url);
    await admin('POST', `/relay-endpoints/${endpoint.id}/disable`, { reason: 'maintenance' }, url);
    const waiting = [await report(story, off.url), await report(story, off.url), await report(story, off.url)];
    await age('deliveries', 'created_at', 'subject_id', waiting[1]?.id ?? '', HOURS.switchedOff);

    const held = [await story.openAnother(), await story.openAnother()];
    for (const { postBackUrl, InvoiceNumber } of held) {
      await tell(postBackUrl, story.message({ InvoiceNumber, PaymentAmount: '2.00' }));
    }
    await age('postbacks', 'received_at', 'payment_id', held[1]?.id ?? '', HOURS.held);

    const twice = await story.openAnother();
    for (let n = 0; n < 2; n += 1) {
      await tell(twice.postBackUrl, story.message({ InvoiceNumber: twice.InvoiceNumber }));
    }

    // Two alerts, of which one is of the day before yesterday; and the same of openings and of strangers.
    const old = (id: string, type: string) =>
      story.db.rows(`update payment_events set id = $3, created_at = $4 where payment_id = $1 and type = $2`, [
        id,
        type,
        idAt(new Date(Date.now() - 2 * 86_400_000)),
        new Date(Date.now() - 2 * 86_400_000),
      ]);
    for (let n = 0; n < 2; n += 1) {
      const { id, postBackUrl, InvoiceNumber } = await story.openAnother();
      await tell(postBackUrl, story.message({ InvoiceNumber }));
      await tell(postBackUrl, story.message({ InvoiceNumber, Approved: 'False' }));
      if (n > 0) await old(id, 'payment.alert');
      await story.fault({ operation: 'cloud-payments', kind: 'answer-lost' });
      await story.askAnother();
      const [lost] = (await story.get('')).body.data;
      expect(lost.status).toBe('unconfirmed');
      if (n > 0) await old(lost.id, 'payment.unconfirmed');
      const message = story.message();
      expect(await postBack(`${url}/postbacks/${randomUUID()}`, message)).toBe(404);
      if (n > 0) await age('postbacks', 'received_at', 'payment_guid', message['PaymentGUID'] ?? '', 48);
    }

    const now = await overview();
    expect(now).toEqual({
      undelivered: {
        pending: { count: 2, oldestSeconds: expect.any(Number) },
        parked: { count: 1, oldestSeconds: expect.any(Number) },
        switchedOff: { count: 3, oldestSeconds: expect.any(Number) },
        all: { count: 6, oldestSeconds: now.undelivered.switchedOff.oldestSeconds },
      },
      held: { count: 2, oldestSeconds: expect.any(Number) },
      refundsDue: 1,
      unconfirmedToday: 1,
      alertsToday: 1,
      unknownPostbacksToday: 1,
      spool: null,
      alerts: expect.any(Array),
    });
    const ages = { ...now.undelivered, held: now.held };
    for (const [name, hours] of Object.entries(HOURS)) {
      expect(Math.floor(ages[name].oldestSeconds / 600)).toBe(hours * 6);
    }
    const ours = await ofOurs();
    expect(ours).toMatchObject({
      'undelivered{class="pending"}': 2,
      'undelivered{class="parked"}': 1,
      'undelivered{class="switchedOff"}': 3,
      'undelivered{class="all"}': 6,
      held_postbacks: 2,
      refunds_due: 1,
      payment_alerts_today: 1,
      unconfirmed_openings_today: 1,
      unknown_postbacks_today: 1,
      invoice_cloud_breakers_open: 0,
    });
    expect(ours['oldest_undelivered_seconds{class="parked"}']).toBeGreaterThanOrEqual(ages.parked.oldestSeconds);
    expect(ours['oldest_held_seconds']).toBeGreaterThanOrEqual(ages.held.oldestSeconds);
  });

  test('go down again when what waited is done', async () => {
    const { data } = await admin('GET', '/postbacks', undefined, url);
    for (const { id } of data) await admin('POST', `/postbacks/${id}/reject`, { reason: 'forged' }, url);
    const { data: due } = await admin('GET', '/payments/refunds-due', undefined, url);
    for (const { id, refundDueCents: amountCents } of due) {
      await admin('POST', `/payments/${id}/refund`, { amountCents, reason: 'returned' }, url);
    }
    const { data: endpoints } = await admin('GET', `/relay-endpoints?partnerId=${story.partner.id}`, undefined, url);
    const off = endpoints.find(({ disabledAt }: Json) => disabledAt !== null);
    await admin('POST', `/relay-endpoints/${off.id}/enable`, {}, url);
    await eventually('they are delivered', async () => (await overview()).undelivered.switchedOff.count === 0);
    await eventually('they are delivered', async () => (await overview()).undelivered.all.count === 3);
    expect(await overview()).toMatchObject({ held: NONE, refundsDue: 0 });
    expect(await ofOurs()).toMatchObject({
      held_postbacks: 0,
      oldest_held_seconds: 0,
      refunds_due: 0,
      'undelivered{class="switchedOff"}': 0,
      'oldest_undelivered_seconds{class="switchedOff"}': 0,
    });
  });

  test('tell of a biller whom Invoice Cloud keeps failing, until it is well', async () => {
    const ill = await newStory({ url, databaseUrl });
    await ill.fault({ operation: 'biller-status', kind: 'status', status: 500, times: 0 });
    const breakers = async () => (await samples())['billbridge_invoice_cloud_breakers_open'];
    const check = () => ask('POST', `/billers/${ill.billerId}/check`, undefined, { url });
    for (let n = 0; n < 5; n += 1) {
      expect(await breakers()).toBe(0);
      await check();
    }
    expect(await breakers()).toBe(1);
    await ill.steer('/faults', 'DELETE');
    await eventually('the breaker is closed', async () => (await check()) && (await breakers()) === 0);
  });

  test('are read by auditors, and no business of partners', async () => {
    const { key: auditor } = await newAdminKey('auditor', {}, url);
    for (const path of ['/overview', '/metrics']) {
      const statuses = [];
      for (const key of [auditor, story.key, `bb_admin_${randomUUID()}`]) {
        statuses.push((await ask('GET', path, undefined, { key, url })).status);
      }
      statuses.push((await api({ path: `/admin/v1${path}`, url })).status);
      expect([path, ...statuses]).toEqual([path, 200, 403, 401, 401]);
    }
    const { headers } = await ask('GET', '/metrics', undefined, { key: auditor, url });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});

describe('the metrics', () => {
  test('have names that stay, each with its help and its type', async () => {
    const text = await metrics();
    for (const name of OURS) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.+\\.$`, 'm'));
      expect(text).toMatch(new RegExp(`^# TYPE ${name} gauge$`, 'm'));
    }
    expect(text).toMatch(/^# TYPE billbridge_http_request_duration_seconds histogram$/m);
    expect(text).toMatch(/^billbridge_process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^billbridge_nodejs_eventloop_lag_p99_seconds \d/m);
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) expect(name).toMatch(/^billbridge_/);
    for (const line of text.split('\n').filter(Boolean)) {
      expect(line).toMatch(/^(# (HELP|TYPE) \S+ .+|[a-z]\w*(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (Nan|-?[\d.e+-]+))$/);
    }
  });

  test('count requests by the pattern of their route, and tell no address, id or secret', async () => {
    const { id, postBackUrl, cloudPaymentUrl, InvoiceNumber } = await story.openAnother();
    const capability = postBackUrl.split('/').at(-1) ?? '';
    await tell(postBackUrl, story.message({ InvoiceNumber }));
    await story.payment(id);
    await story.get('/not-an-id');
    const strange = `stranger-${randomUUID()}`;
    const secret = (path: string) => path.replace('*', strange);
    for (const path of ['/postbacks/*', '/launch/*', '/approvals/*', '/nowhere/*', '/*', '/v1/*', '/health/live?x=*']) {
      await api({ path: secret(path), url });
      await api({ method: 'POST', path: secret(path), body: { x: 1 }, url });
      await api({ method: 'OPTIONS', path: secret(path), url });
      await api({ method: 'HEAD', path: secret(path), url });
    }
    for (const odd of ['%ff', '%', `${'a'.repeat(3_000)}`]) await api({ path: `/postbacks/${odd}`, url });
    await api({ path: `//${strange}//`, url });

    const text = await metrics();
    const routes = new Set([...text.matchAll(/route="([^"]*)"/g)].map(([, route]) => route));
    expect(routes).toContain('/postbacks/:capability');
    expect(routes).toContain('/v1/billers/:billerId/cloud-pay/payments/:id');
    expect(routes).toContain('/health/live');
    for (const route of routes) {
      // The route of nothing, or letters with parameters by name.
      if (route !== 'unknown') expect(route).toMatch(/^(\/[a-z0-9.-]+|\/:[a-zA-Z]+|\/\*)+$/);
    }
    for (const private_ of [
      strange,
      capability,
      id,
      story.billerId,
      story.billerGuid,
      story.partner.id,
      InvoiceNumber,
    ]) {
      expect(text).not.toContain(private_);
    }
    expect(text).not.toContain(cloudPaymentUrl);
    expect(text).not.toContain('aaaa');
    expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}-/i);
    const counted = await samples();
    const buckets = Object.entries(counted).filter(([name]) =>
      /^billbridge_http_request_duration_seconds_count\{.*method="POST".*route="\/postbacks\/:capability".*status="204"/.test(
        name,
      ),
    );
    expect(buckets).toHaveLength(1);
    expect(buckets[0]?.[1]).toBeGreaterThanOrEqual(1);
  });
});
