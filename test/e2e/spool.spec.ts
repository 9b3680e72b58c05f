import { admin, api } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { linesIn, newSpoolDir, post, spoolsIn } from '../support/spool.js';
import { newStory, type Story } from '../support/story.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let databaseUrl: string;
let proxy: TcpProxy;
let dir: string;
let platform: Platform;
let story: Story;

const settings = () => ({ DATABASE_URL: proxy.url, SPOOL_DIR: dir, SWEEP_SECONDS: '1' });

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  dir = await newSpoolDir();
  platform = await startPlatform(settings());
  story = await newStory({ url: platform.url, databaseUrl });
}, 60_000);

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeReceivers();
  await closeDb();
});

const emptied = (within = 30_000) =>
  eventually('the spool is empty', async () => (await linesIn(dir)).length === 0, within);
const marks = () => story.db.count('from spool_marks');

describe('PostBacks while the database is away', () => {
  afterEach(() => proxy.open());

  test.each([
    ['refuses connections', () => proxy.cut()],
    ['is silent', () => proxy.silence()],
  ])(
    'are answered, and recorded and told once when it is back: it %s',
    async (_, away) => {
      const partner = await receiver();
      const opened = [];
      for (let n = 0; n < 12; n += 1) opened.push(await story.openAnother({ PostBackURL: partner.url }));
      away();
      const answered = await Promise.all(opened.map((one) => post(story, one)));
      expect(answered.map(({ status }) => status)).toEqual(Array(12).fill(204));
      expect((await linesIn(dir)).length).toBe(12);
      proxy.open();
      await emptied(60_000);
      for (const { id } of opened) {
        expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
        expect(await story.postbackRows(id)).toHaveLength(1);
      }
      // A pool whose connections have fallen silent notices after a while.
      await eventually('the partner is told', () => partner.deliveries.length >= 12, 60_000);
      const forms = partner.deliveries.map(({ body }) => new URLSearchParams(body));
      expect(new Set(forms.map((form) => form.get('BillbridgePaymentId'))).size).toBe(12);
      expect(partner.deliveries).toHaveLength(12);
      await eventually('the marks are gone', async () => (await marks()) === 0);
    },
    120_000,
  );

  test('of one payment are recorded in the order in which they came', async () => {
    const opened = await story.openAnother();
    const { postBackUrl, InvoiceNumber, id } = opened;
    proxy.cut();
    const say = (Approved: string) =>
      api({
        path: new URL(postBackUrl).pathname,
        url: platform.url,
        body: new URLSearchParams(story.message({ InvoiceNumber, Approved })).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    for (const approved of ['False', 'False', 'True']) expect((await say(approved)).status).toBe(204);
    proxy.open();
    await emptied();
    const types = await story.eventTypes(id);
    expect(types.slice(2)).toEqual(['payment.declined', 'payment.declined', 'payment.paid']);
  }, 60_000);

  test('of strangers and of addresses of before fill nothing', async () => {
    const opened = await story.openAnother();
    proxy.cut();
    const url = new URL(opened.postBackUrl);
    const [capability = ''] = url.pathname.split('/').slice(-1);
    const strange = [
      capability.slice(0, -4) + 'AAAA',
      Buffer.from(capability, 'base64url').subarray(0, 48).toString('base64url'),
    ];
    const answers = strange.map((one) =>
      api({
        path: `/postbacks/${one}`,
        url: platform.url,
        body: 'a=b',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    );
    for (const { status, body, headers } of await Promise.all(answers)) {
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'postback_not_recorded' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await linesIn(dir)).toEqual([]);
  }, 60_000);
});

describe('an invoice whose PostBack waits', () => {
  test('is not opened anew by any process, and is paid when it is recorded', async () => {
    const other = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir });
    const elsewhere = await newStory({ url: other.url, databaseUrl, partner: story.partner });
    expect(elsewhere.billerId).not.toBe(story.billerId);
    const opened = await story.openAnother();
    const { InvoiceNumber } = opened;
    const again = (url: string) => {
      story.moveTo(url);
      return story.ask(sampleRequest({ BillerReference: 'another' }, {}, { InvoiceNumber }));
    };
    try {
      proxy.cut();
      expect(await post(story, opened)).toMatchObject({ status: 204 });
      // The other process reaches the database, and can't know what this one has taken.
      const refused = await again(other.url);
      expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 'payment_uncertain' });
      // An invoice of which nothing is known is opened as ever.
      expect((await story.askAnother()).status).toBe(201);
      // The message is held back by its row, so that it waits although the database is there.
      await story.db.rows('alter table postbacks rename column reasons to reasons_2');
      proxy.open();
      const marked = await eventually('the process has said what it holds', async () => {
        const answer = await again(other.url);
        return answer.status === 409 && answer;
      });
      expect(marked.body.code).toBe('payment_being_recorded');
      expect((await again(platform.url)).body.code).toBe('payment_being_recorded');
    } finally {
      proxy.open();
      await story.db.rows('alter table postbacks rename column reasons_2 to reasons').catch(() => undefined);
    }
    await emptied();
    await eventually('it is paid', async () => (await again(other.url)).body.code === 'invoice_already_paid');
    story.moveTo(platform.url);
    await other.stop();
  }, 120_000);
});

describe('a PostBack that can not be recorded, with the database there', () => {
  test('is answered within two seconds when its row is locked, and recorded after', async () => {
    const opened = await story.openAnother();
    const holder = new (await import('pg')).Client({ connectionString: databaseUrl });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('select 1 from payments where id = $1 for update', [opened.id]);
      const { status, ms } = await post(story, opened);
      expect(status).toBe(204);
      expect(ms).toBeLessThan(5_000);
      expect(await linesIn(dir)).toHaveLength(1);
      expect(await marks()).toBe(1);
      await holder.query('rollback');
    } finally {
      await holder.end();
    }
    await emptied();
    expect(await story.payment(opened.id)).toMatchObject({ status: 'paid' });
    expect(await story.postbackRows(opened.id)).toHaveLength(1);
  }, 60_000);

  test('is kept at once when a column is missing, and recorded when it is there', async () => {
    const opened = await story.openAnother();
    await story.db.rows('alter table receipts rename column refund_cents to refund_cents_2');
    try {
      expect(await post(story, opened)).toMatchObject({ status: 204 });
      expect(await linesIn(dir)).toHaveLength(1);
    } finally {
      await story.db.rows('alter table receipts rename column refund_cents_2 to refund_cents');
    }
    await emptied();
    expect(await story.payment(opened.id)).toMatchObject({ status: 'paid' });
  }, 60_000);
});

describe('the folder', () => {
  test('is given back by a process that stops with nothing in it', async () => {
    const own = await newSpoolDir();
    const one = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: own });
    const [id] = await spoolsIn(own);
    expect(await story.db.count('from spools where id = $1', [id])).toBe(1);
    expect(await one.stop()).toBe(0);
    expect(await spoolsIn(own)).toEqual([]);
    expect(await story.db.count('from spools where id = $1', [id])).toBe(0);
  }, 60_000);

  test('is seen by administrators', async () => {
    const { data } = await admin('GET', '/spools', undefined, platform.url);
    const [id] = await spoolsIn(dir);
    expect(data).toMatchObject([{ id, state: 'held', waiting: 0, marked: 0, oldestAt: null }]);
    expect((await admin('GET', '/overview', undefined, platform.url)).spool).toMatchObject({
      id,
      waiting: 0,
      isFull: false,
    });
  });
});
