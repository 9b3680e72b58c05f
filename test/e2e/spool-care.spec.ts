import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ADMIN_KEY, ask, NOBODY } from '../support/administration.js';
import { admin, api } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newMy360, wanted } from '../support/my360.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { linesIn, newSpoolDir, post } from '../support/spool.js';
import { stage } from '../support/stage-facts.js';
import { newInvoiceNumber, type Opened, type Story } from '../support/story.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const [OLD, NEW] = ['old', 'new'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
const ORIGIN = 'https://portal.example';

let databaseUrl: string;
let proxy: TcpProxy;
let dir: string;
let journal: string;
let platform: Platform;
let story: Story;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  [dir, journal] = [await newSpoolDir(), await newSpoolDir()];
  platform = await startPlatform({ DATABASE_URL: proxy.url, SPOOL_DIR: dir, ENCRYPTION_KEYS: OLD, SWEEP_SECONDS: '1' });
  const portal = { portalOrigins: [ORIGIN], returnOrigins: [ORIGIN] };
  ({ story } = await newMy360({ url: platform.url, databaseUrl, portal }));
}, 60_000);

afterEach(() => proxy.open());

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeDb();
});

type Returning = Opened & { readonly InvoiceNumber: string; readonly returnPath: string };

async function opened(): Promise<Returning> {
  const InvoiceNumber = newInvoiceNumber();
  const request = sampleRequest({ PortalOrigin: ORIGIN, ReturnURL: `${ORIGIN}/bills` }, {}, { InvoiceNumber });
  const { body } = wanted(201, await story.ask(request));
  const { body: asked, postBackUrl } = await story.lastAsked();
  const { id, cloudPaymentUrl } = body;
  return { id, cloudPaymentUrl, postBackUrl, view: body, InvoiceNumber, returnPath: new URL(asked.ReturnURL).pathname };
}

const show = ({ returnPath }: Returning, url = platform.url) =>
  api({ method: 'GET', path: returnPath, url, headers: { accept: 'text/html' } });
const emptied = () => eventually('the spool is empty', async () => (await linesIn(dir)).length === 0, 60_000);
const RECEIVED = 'The report of your payment was received and is being recorded.';

async function command(name: string, ring: string): Promise<{ code: number; said: string }> {
  // The journal of openings beside the spool keeps its key for a week.
  const settings = { DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: ring, SPOOL_DIR: dir, JOURNAL_DIR: journal };
  const env = { PATH: process.env['PATH'], ...stage.settings, ...settings };
  const run = promisify(execFile)(process.execPath, [join(stage.rootDir, 'dist/src/commands.js'), name], { env });
  return run.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}

describe('the return page of a payment whose PostBack waits in a spool', () => {
  test('says so without the database, and with it at every process; of another payment it says nothing', async () => {
    const other = await startPlatform({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: OLD });
    const [waiting, open] = [await opened(), await opened()];
    try {
      proxy.cut();
      expect(await post(story, waiting)).toMatchObject({ status: 204 });
      const received = await show(waiting);
      expect(received.status).toBe(200);
      expect(received.text).toContain(RECEIVED);
      expect(received.text).toContain('Please do not pay again.');
      expect(received.text).not.toContain(ORIGIN);
      expect(received.headers.get('refresh')).toBe('5');
      const unknown = await show(open);
      expect(unknown.status).toBe(503);
      expect(unknown.text).not.toContain(RECEIVED);
      expect(unknown.text).toContain('please do not pay again');

      await story.db.rows('alter table receipts rename column refund_cents to refund_cents_2');
      proxy.open();
      for (const url of [platform.url, other.url]) {
        const { text, headers } = await eventually('the page has its link', async () => {
          const answer = await show(waiting, url);
          return answer.text.includes(RECEIVED) && answer.text.includes(`href="${ORIGIN}/bills"`) && answer;
        });
        expect(text).toContain(`data-portal="${ORIGIN}"`);
        expect(text).toContain(`data-payment="${waiting.id}"`);
        expect(headers.get('refresh')).toBeNull();
        const usual = await show(open, url);
        expect(usual.status).toBe(200);
        expect(usual.text).not.toContain(RECEIVED);
      }
    } finally {
      proxy.open();
      await story.db.rows('alter table receipts rename column refund_cents_2 to refund_cents').catch(() => undefined);
    }
    await emptied();
    for (const url of [platform.url, other.url]) {
      await eventually('nothing waits', async () => !(await show(waiting, url)).text.includes(RECEIVED));
    }
    await other.stop();
  }, 120_000);
});

describe('the metrics of the spool', () => {
  const scrape = async () => (await ask('GET', '/metrics', undefined, { url: platform.url })).text;

  test('are there while the database is away', async () => {
    expect(await scrape()).toMatch(/^billbridge_spool_messages 0$/m);
    const one = await opened();
    proxy.cut();
    expect(await post(story, one)).toMatchObject({ status: 204 });
    const text = await scrape();
    expect(text).toMatch(/^billbridge_database_up 0$/m);
    expect(text).toMatch(/^billbridge_spool_messages 1$/m);
    expect(text).toMatch(/^billbridge_spool_bytes [1-9]\d+$/m);
    expect(text).toMatch(/^billbridge_spool_full 0$/m);
    await eventually('it grows older', async () =>
      /^billbridge_spool_oldest_seconds (0\.[1-9]|[1-9])/m.test(await scrape()),
    );
    proxy.open();
    await emptied();
  }, 60_000);

  test('are not there without a spool', async () => {
    const text = (await ask('GET', '/metrics')).text;
    expect(text).toContain('billbridge_database_up');
    expect(text).not.toContain('billbridge_spool_');
  });
});

// One after the other: what is left behind is declared lost, and found after all.
describe('a spool that is left behind', () => {
  let left: Returning;
  let without: Platform;
  let spoolId: string;
  const again = () => story.ask(sampleRequest({ BillerReference: 'anew' }, {}, { InvoiceNumber: left.InvoiceNumber }));
  const by = () => ({ key: ADMIN_KEY, url: without.url });
  const spools = async () => (await admin('GET', '/spools', undefined, without.url)).data;
  const declareLost = (id: string, body: object) => ask('DELETE', `/spools/${id}`, body, by());

  beforeAll(async () => {
    left = await opened();
    await post(story, await opened());
    // Its mark is there before its process dies.
    await story.db.rows('alter table receipts rename column refund_cents to refund_cents_2');
    expect(await post(story, left)).toMatchObject({ status: 204 });
    await eventually('it is marked', async () => (await story.db.count('from spool_marks')) === 1);
    await platform.stop('SIGKILL');
    await story.db.rows('alter table receipts rename column refund_cents_2 to refund_cents');
    expect(await linesIn(dir)).toHaveLength(1);
    without = await startPlatform({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: `${NEW},${OLD}` });
    story.moveTo(without.url);
  }, 60_000);

  test('is known to keys:verify and keys:rotate', async () => {
    const needs = /^spool [\da-f-]{36}\/000\d\d\d\.spool needs key "old" \(1\)$/m;
    for (const name of ['keys:rotate', 'keys:verify']) {
      const { code, said } = await command(name, `${NEW},${OLD}`);
      expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(needs) });
      expect(said).toContain('until these messages are recorded');
      expect(said).not.toContain('No value needs another key.');
    }
    expect((await command('keys:verify', `${OLD},${NEW}`)).said).toContain(
      '1 messages of SPOOL_DIR open with key "old" alone.',
    );
    expect(await linesIn(dir)).toHaveLength(1);
  }, 60_000);

  test('is listed, keeps its invoice, and is not declared lost while its process may live', async () => {
    await story.db.rows('update spools set seen_at = now()');
    const [spool, ...others] = await spools();
    spoolId = spool.id;
    expect(others).toEqual([]);
    expect(spool).toMatchObject({ state: 'held', waiting: 1, marked: 1, owner: expect.any(String) });
    expect((await again()).body.code).toBe('payment_being_recorded');
    await story.db.rows('update spools set seen_at = now()');
    const refused = await declareLost(spoolId, { reason: 'the volume has failed' });
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 409, code: 'spool_held' });
    expect(await spools()).toHaveLength(1);
    expect((await declareLost(NOBODY, { reason: 'a slip' })).body.code).toBe('spool_not_found');
  }, 60_000);

  test('is declared lost once it is silent, for a reason, in the audit trail; its invoice is opened anew then', async () => {
    await story.db.rows(`update spools set seen_at = now() - interval '6 seconds'`);
    expect(await spools()).toMatchObject([{ id: spoolId, state: 'silent' }]);
    expect(await declareLost(spoolId, {})).toMatchObject({ status: 400, body: { errors: [{ field: 'reason' }] } });
    const lost = await declareLost(spoolId, { reason: 'the volume has failed' });
    expect(lost).toMatchObject({ status: 200, body: { id: spoolId, waiting: 1, paymentIds: [left.id] } });
    expect(await spools()).toEqual([]);
    expect(await story.db.count('from spool_marks')).toBe(0);
    const { data } = await admin('GET', '/audit-events?limit=1', undefined, without.url);
    expect(data).toMatchObject([
      {
        action: 'spool.declare-lost',
        target: `spool:${spoolId}`,
        before: { id: spoolId, state: 'silent' },
        after: { reason: 'the volume has failed', paymentIds: [left.id] },
      },
    ]);
    expect(await again()).toMatchObject({ status: 201, body: { reused: false } });
  }, 60_000);

  test('is recorded after all by a process that finds its folder, and then no other key is needed', async () => {
    const found = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir, ENCRYPTION_KEYS: `${NEW},${OLD}` });
    await emptied();
    expect(await story.payment(left.id)).toMatchObject({ status: 'paid' });
    expect(await command('keys:rotate', `${NEW},${OLD}`)).toMatchObject({ code: 0 });
    expect(await command('keys:verify', `${NEW},${OLD}`)).toMatchObject({
      code: 0,
      said: expect.stringContaining('No value needs another key.'),
    });
    await found.stop();
  }, 90_000);
});
