import { ADMIN_KEY, allRoutes, ask, newAdminKey, NOBODY } from '../support/administration.js';
import { api, type Answer } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newEmail, newMy360 } from '../support/my360.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { newStory, type Story } from '../support/story.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let url: string;
let databaseUrl: string;
let proxy: TcpProxy;
let story: Story;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  ({ url } = await startPlatform({ DATABASE_URL: proxy.url }));
  story = await newStory({ url, databaseUrl });
}, 60_000);

afterEach(async () => {
  proxy.open();
  await eventually('the database is back', async () => (await api({ path: '/health/ready', url })).status === 200);
});

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeDb();
});

const AWAY = { status: 503, body: { code: 'database_unavailable', status: 503, title: 'The database is away' } };

function expectAway(answer: Answer): void {
  expect(answer).toMatchObject(AWAY);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.headers.get('retry-after')).toBe('5');
}

const database = () => new URL(databaseUrl).pathname.slice(1);

/** As after a failover without a new address: it answers, and takes no writes. */
async function readOnly(work: () => Promise<void>): Promise<void> {
  const cut = () =>
    db().rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database()]);
  await db().rows(`alter database ${database()} set default_transaction_read_only = on`);
  await cut();
  try {
    await eventually(
      'it is read-only',
      async () => (await api({ path: '/health/ready', url })).body.missing?.[0] === 'primary',
    );
    await work();
  } finally {
    await db().rows(`alter database ${database()} reset default_transaction_read_only`);
    await cut();
  }
}

describe('while the database is away', () => {
  test('every route answers 503 with a code and Retry-After, from the guard on', async () => {
    const { key: owner } = await newAdminKey('owner', {}, url);
    const secret = Buffer.alloc(32, 7).toString('base64url');
    // They answer without it. A PostBack waits for it, or is kept.
    const others = ['GET /health/live', 'GET /health/ready', 'GET /health/intake', 'POST /postbacks/{capability}'];
    const routes = (await allRoutes(url)).filter(({ name }) => !others.includes(name));
    expect(routes.length).toBeGreaterThan(60);
    proxy.cut();
    const wrong: string[] = [];
    for (const { name, method, template } of routes) {
      const path = template
        .replace(/\{(ticket|token)\}/, secret)
        .replace('{billerId}', template.startsWith('/v1') ? story.billerId : NOBODY)
        .replaceAll(/\{[^}]+\}/g, (part) => (part === '{settingId}' ? '36' : NOBODY));
      const key = template.startsWith('/admin') ? owner : story.key;
      const body = method === 'GET' ? undefined : template.startsWith('/approvals') ? 'decision=refuse' : {};
      const { status, headers, text } = await api({ method, path, key, body, url });
      const known = text.includes('database_unavailable');
      if (status !== 503 || !headers.get('retry-after') || !known) wrong.push(`${name}: ${status} ${text}`);
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  test('administrators, openings and sign-ins behind their guards answer so too', async () => {
    const my360 = await newMy360({ url, databaseUrl });
    proxy.cut();
    expectAway(await ask('GET', '/partners', undefined, { url }));
    expectAway(await ask('POST', '/partners', { name: 'Nobody' }, { url }));
    expectAway(await ask('GET', '/overview', undefined, { url }));
    expectAway(await story.ask());
    expectAway(await story.get(''));
    expectAway(await my360.signIn({ email: newEmail(), password: 'wrong-horse-battery' }));
  });

  test('the drop-in route says it in Invoice Cloud’s envelope', async () => {
    proxy.cut();
    const answer = await story.askDropIn();
    expect(answer).toMatchObject({ status: 503, body: { Data: null, Code: 'database_unavailable' } });
    expect(answer.body.Message).toContain('Send the request again');
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('a page that was asked for and could not be recorded is told of, and the next request takes its place', async () => {
    const request = sampleRequest({}, {}, { InvoiceNumber: 'lost-on-the-way' });
    await story.fault({ kind: 'delay', ms: 1_000, operation: 'cloud-payments' });
    const before = (await story.requests()).length;
    const asking = story.ask(request);
    await eventually('Invoice Cloud is being asked', async () => (await story.requests()).length > before);
    proxy.cut();
    const lost = await asking;
    expectAway(lost);
    const [{ id } = { id: '' }] = await db(databaseUrl).rows<{ id: string }>(
      `select id from payments where invoice_number = 'lost-on-the-way'`,
    );
    expect(lost.body.detail).toContain(`takes the place of payment ${id}`);
    proxy.open();
    // Its process has had the time to answer.
    await db(databaseUrl).rows(`update payments set created_at = now() - interval '1 hour' where id = $1`, [id]);
    const again = await eventually('it is opened', async () => {
      const answer = await story.ask(request);
      return answer.status === 201 && answer;
    });
    expect(again.body).toMatchObject({ supersedes: id, reused: false });
    expect(await story.payment(id)).toMatchObject({ status: 'unconfirmed' });
  });
});

describe('while the database takes no writes', () => {
  test('openings, sign-ins and changes answer 503, and leave nothing at Invoice Cloud', async () => {
    const my360 = await newMy360({ url, databaseUrl });
    const asked = (await story.requests()).length;
    await readOnly(async () => {
      expectAway(await story.askAnother());
      expectAway(await my360.signIn({ email: newEmail(), password: 'wrong-horse-battery' }));
      expectAway(await ask('POST', '/partners', { name: 'Nobody' }, { url }));
      expect((await story.askDropIn()).body).toMatchObject({ Data: null, Code: 'database_unavailable' });
    });
    expect(await story.requests()).toHaveLength(asked);
  });
});

describe('the metrics while the database is away', () => {
  const scrape = (key: string) => ask('GET', '/metrics', undefined, { key, url });
  const shared = /^billbridge_(undelivered|held_postbacks|refunds_due|unknown_postbacks_today)/m;

  test('are the process’s own, and say so, for whoever has scraped before', async () => {
    const { key: auditor } = await newAdminKey('auditor', {}, url);
    const { key: stranger } = await newAdminKey('auditor', {}, url);
    const elsewhere = await newAdminKey('auditor', { allowedIps: ['192.0.2.1'] }, url);
    const revoked = await newAdminKey('auditor', {}, url);
    const ended = await newAdminKey('auditor', { expiresAt: new Date(Date.now() + 4_000).toISOString() }, url);
    const there = await scrape(auditor);
    expect(there.text).toMatch(/^billbridge_database_up 1$/m);
    expect(there.text).toMatch(shared);
    for (const { key } of [revoked, ended]) expect((await scrape(key)).status).toBe(200);
    expect((await scrape(elsewhere.key)).status).toBe(401);
    expect((await ask('POST', `/admin-keys/${revoked.id}/revoke`, undefined, { url })).status).toBe(200);

    proxy.cut();
    const away = await eventually('the database is missed', async () => {
      const answer = await scrape(auditor);
      return /^billbridge_database_up 0$/m.test(answer.text) && answer;
    });
    expect(away.status).toBe(200);
    expect(away.text).not.toMatch(shared);
    expect(away.text).toMatch(/^billbridge_http_request_duration_seconds_count\{/m);
    expect(away.text).toMatch(/^billbridge_invoice_cloud_breakers_open 0$/m);
    expect((await scrape(ADMIN_KEY)).status).toBe(200);
    for (const key of [stranger, elsewhere.key, revoked.key, story.key]) expectAway(await scrape(key));
    await eventually('an ended key opens nothing', async () => (await scrape(ended.key)).status === 503);

    proxy.open();
    const back = await eventually('it is back', async () => {
      const answer = await scrape(auditor);
      return /^billbridge_database_up 1$/m.test(answer.text) && answer;
    });
    expect(back.text).toMatch(shared);
  });

  // Last: what fell silent stays so, in the pool too.
  test('come in time when it hangs', async () => {
    const { key: auditor } = await newAdminKey('auditor', {}, url);
    expect((await scrape(auditor)).status).toBe(200);
    proxy.silence();
    for (let times = 0; times < 3; times += 1) {
      const began = performance.now();
      expect((await scrape(auditor)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(9_000);
    }
    expect((await scrape(auditor)).text).toMatch(/^billbridge_database_up 0$/m);
  }, 60_000);
});
