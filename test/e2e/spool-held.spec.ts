import { randomBytes } from 'node:crypto';
import { ADMIN_KEY, ask } from '../support/administration.js';
import { admin, api, type Json } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { decide, heldOf } from '../support/postbacks.js';
import { closeReceivers } from '../support/receiver.js';
import { command, linesIn, newSpoolDir, post, spoolsIn } from '../support/spool.js';
import { stage } from '../support/stage-facts.js';
import { newStory, postBack, type Story } from '../support/story.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let databaseUrl: string;
let proxy: TcpProxy;
let dir: string;
let platform: Platform;
let story: Story;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  dir = await newSpoolDir();
  platform = await startPlatform({
    DATABASE_URL: proxy.url,
    SPOOL_DIR: dir,
    SPOOL_MEGABYTES: '1',
    SPOOL_HOLD_SECONDS: '1',
    SPOOL_ALERT_SECONDS: '1',
    SWEEP_SECONDS: '1',
  });
  story = await newStory({ url: platform.url, databaseUrl });
}, 60_000);

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeReceivers();
  await closeDb();
});
afterEach(() => proxy.open());

const by = () => ({ url: platform.url });
const emptied = () => eventually('the spool is empty', async () => (await linesIn(dir)).length === 0, 60_000);
const kinds = async (): Promise<string[]> =>
  (await admin('GET', '/overview', undefined, platform.url)).alerts.map(({ kind }: Json) => kind);
const alerted = (kind: string, stands = true) =>
  eventually(`${kind} ${stands ? 'stands' : 'is over'}`, async () => (await kinds()).includes(kind) === stands, 30_000);

async function gauges(): Promise<Record<string, number>> {
  const { text } = await ask('GET', '/metrics', undefined, { key: ADMIN_KEY, url: platform.url });
  return Object.fromEntries(
    [...text.matchAll(/^billbridge_spool_(\w+) (\S+)$/gm)].map(([, name, value]) => [String(name), Number(value)]),
  );
}

test('what the database refuses for minutes is held raw, and booked once an administrator accepts it', async () => {
  const opened = await story.openAnother();
  await story.db.rows('alter table receipts rename column refund_cents to refund_cents_2');
  try {
    expect(await post(story, opened)).toMatchObject({ status: 204 });
    await eventually('it is held', async () => (await heldOf(opened.id, by())).length === 1, 60_000);
  } finally {
    await story.db.rows('alter table receipts rename column refund_cents_2 to refund_cents');
  }
  await emptied();
  const [held] = await heldOf(opened.id, by());
  expect(held).toMatchObject({ verdict: 'held', reasons: ['not-recordable'], paymentId: opened.id });
  expect(await story.payment(opened.id)).toMatchObject({ status: 'open', needsReview: true });
  await alerted('postback-not-recordable');
  expect(await decide(held.id, 'accept', {}, by())).toMatchObject({ status: 200 });
  expect(await story.payment(opened.id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
  await alerted('postback-not-recordable', false);
}, 120_000);

test('what can not even be held stays in the spool, and an alert says so', async () => {
  const opened = await story.openAnother();
  await story.db.rows('alter table postbacks rename column reasons to reasons_2');
  try {
    expect(await post(story, opened)).toMatchObject({ status: 204 });
    await eventually('the log says so', () =>
      platform.said().includes('"kind":"postback-not-recordable","subject":"' + opened.id),
    );
    expect(await linesIn(dir)).toHaveLength(1);
  } finally {
    await story.db.rows('alter table postbacks rename column reasons_2 to reasons');
  }
  await emptied();
  expect(await story.payment(opened.id)).toMatchObject({ status: 'paid' });
}, 120_000);

test('a genuine address of a payment that the database has lost is held; a stranger’s is not', async () => {
  const opened = await story.openAnother();
  await story.db.rows(
    `do $$ begin
       perform set_config('session_replication_role', 'replica', true);
       delete from payment_events where payment_id = '${opened.id}';
       delete from payments where id = '${opened.id}';
     end $$`,
  );
  const message = story.message({ InvoiceNumber: opened.InvoiceNumber });
  const strange = `${platform.url}/postbacks/${randomBytes(64).toString('base64url')}`;
  expect(await postBack(strange, message)).toBe(404);
  expect(await postBack(opened.postBackUrl, message)).toBe(204);
  expect(await postBack(opened.postBackUrl, message)).toBe(204);
  const { data } = await admin('GET', '/postbacks', undefined, platform.url);
  expect(data).toMatchObject([
    {
      paymentId: null,
      addressedTo: opened.id,
      verdict: 'held',
      reasons: ['unknown-payment'],
      paymentGuid: message['PaymentGUID'],
    },
  ]);
  await alerted('postback-after-restore');
  // Its partner opens the invoice again after the restore, and an administrator says which payment the money belongs to.
  const anew = await story.open({}, {}, { InvoiceNumber: opened.InvoiceNumber });
  expect((await decide(data[0].id, 'accept', {}, by())).status).toBe(400);
  expect(await decide(data[0].id, 'accept', { paymentId: anew.id }, by())).toMatchObject({ status: 200 });
  expect(await story.payment(anew.id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
  await alerted('postback-after-restore', false);
}, 120_000);

test('a full spool refuses, and says so without the database', async () => {
  const opened = [];
  for (let n = 0; n < 14; n += 1) opened.push(await story.openAnother());
  proxy.cut();
  const statuses: number[] = [];
  for (const { postBackUrl, InvoiceNumber } of opened) {
    statuses.push(await postBack(postBackUrl, story.message({ InvoiceNumber, CustomerName: 'x'.repeat(60_000) })));
  }
  expect(statuses.filter((status) => status === 204).length).toBeGreaterThan(8);
  expect(statuses.slice(-2)).toEqual([503, 503]);
  const [last] = opened.slice(-1);
  const body = new URLSearchParams(story.message({ CustomerName: 'x'.repeat(60_000) })).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const refused = await api({ path: new URL(last?.postBackUrl ?? '').pathname, url: platform.url, body, headers });
  expect({ code: refused.body.code, retryAfter: refused.headers.get('retry-after') }).toEqual({
    code: 'spool_full',
    retryAfter: '10',
  });
  expect(await gauges()).toMatchObject({ full: 1, messages: statuses.filter((status) => status === 204).length });
  expect((await api({ path: '/health/intake', url: platform.url })).body.missing).toEqual(['spool-room']);
  await eventually('the log says so', () => /"kind":"spool-full"/.test(platform.said()));
  await eventually('and that they wait', () => /"kind":"spool-waiting"/.test(platform.said()));
  proxy.open();
  await emptied();
  for (const [n, { id }] of opened.entries()) {
    if (statuses[n] === 204) expect(await story.payment(id)).toMatchObject({ status: 'paid' });
  }
  expect(await gauges()).toEqual({ messages: 0, bytes: 0, full: 0, oldest_seconds: 0 });
  await alerted('spool-full', false);
}, 120_000);

test('keys:verify and keys:rotate know what waits in the folder', async () => {
  const opened = await story.openAnother();
  proxy.cut();
  expect(await post(story, opened)).toMatchObject({ status: 204 });
  const old = stage.settings['ENCRYPTION_KEYS'] ?? '';
  const verify = (ring: string) =>
    command('keys:verify', { DATABASE_URL: databaseUrl, SPOOL_DIR: dir, ENCRYPTION_KEYS: ring });
  expect(await verify(old)).toMatchObject({ code: 0 });
  const ring = `new:${randomBytes(32).toString('base64')},${old}`;
  const found = await verify(ring);
  expect(found.code).toBe(1);
  expect(found.said).toMatch(/^spool \S+\.spool needs key "test" \(1\)$/m);
  const rotated = await command('keys:rotate', { DATABASE_URL: databaseUrl, SPOOL_DIR: dir, ENCRYPTION_KEYS: ring });
  expect(rotated.code).toBe(1);
  expect(rotated.said).toMatch(/^spool \S+\.spool needs key "test" \(1\)$/m);
  proxy.open();
  await emptied();
  expect(await spoolsIn(dir)).toHaveLength(1);
}, 120_000);
