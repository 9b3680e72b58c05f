import { randomUUID } from 'node:crypto';
import { ask, newAdminKey, NOBODY } from '../support/administration.js';
import { admin, api, type Json } from '../support/api.js';
import { manyCopies } from '../support/copies.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { askingStory, inquiries, pay, payInSilence } from '../support/inquiry.js';
import { done, findings, itemsOf, reconcile, request } from '../support/reconciliations.js';
import { newStory, postBack, type Opened, type Story } from '../support/story.js';

afterAll(closeDb);

type Page = Opened & { readonly InvoiceNumber: string };

const isNow = (story: Story, id: string, status: string) =>
  eventually(`it is ${status}`, async () => (await story.payment(id)).status === status);
/** Paid at Invoice Cloud, and told by its PostBack. */
async function paid(story: Story, page: Page, amount?: string, status = 'paid'): Promise<string> {
  const paymentGuid = await pay(page, amount);
  await isNow(story, page.id, status);
  return paymentGuid;
}
const PARTS = { AllowPartialPayments: true };

describe('a reconciliation that was asked for', () => {
  test('sorts payments by what Invoice Cloud says of them', async () => {
    const story = await askingStory();
    const settled = await story.openAnother();
    const owed = await story.openAnother();
    const [silent, silentPart, partly, forged, held, alerted, unconfirmed] = [
      await story.openAnother(),
      await story.openAnother({}, PARTS),
      await story.openAnother({}, PARTS),
      await story.openAnother(),
      await story.openAnother(),
      await story.openAnother(),
      await lost(story),
    ];
    await paid(story, settled);
    await payInSilence(story, silent);
    await payInSilence(story, silentPart, '1.00');
    await paid(story, partly, '1.00', 'partially-paid');
    await payInSilence(story, partly, '2.00');
    // A PostBack for which nobody paid.
    await postBack(forged.postBackUrl, story.message({ InvoiceNumber: forged.InvoiceNumber }));
    await story.fault({ operation: 'postback', kind: 'changed', fields: { PaymentAmount: '2.00' } });
    await pay(held);
    await eventually('it is held', async () => (await story.payment(held.id)).needsReview === true);
    await paid(story, alerted);
    await postBack(
      alerted.postBackUrl,
      story.message({ InvoiceNumber: alerted.InvoiceNumber, Approved: 'False', PaymentGUID: randomUUID() }),
    );

    const run = await reconcile(story);
    expect(run).toEqual({
      id: expect.any(String),
      billerId: story.billerId,
      from: expect.any(String),
      to: expect.any(String),
      status: 'done',
      requestedBy: 'ADMIN_KEY',
      total: 9,
      compared: 9,
      counts: { match: 3, missing: 2, mismatch: 1, conflicting: 3 },
      asked: true,
      createdAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    const items = await itemsOf(run.id);
    expect(findings(items)).toEqual({
      [settled.id]: 'match paid-on-both-sides',
      [owed.id]: 'match owed-on-both-sides',
      [unconfirmed]: 'match owed-on-both-sides',
      [silent.id]: 'missing paid-without-postback',
      [silentPart.id]: 'missing paid-without-postback',
      [partly.id]: 'mismatch amounts-differ',
      [forged.id]: 'conflicting paid-here-owed-there',
      [held.id]: 'conflicting postback-held',
      [alerted.id]: 'conflicting refusal-after-approval',
    });
    expect(items.find(({ paymentId }) => paymentId === partly.id)).toEqual({
      paymentId: partly.id,
      category: 'mismatch',
      reason: 'amounts-differ',
      accountNumber: '209860',
      invoiceNumber: partly.InvoiceNumber,
      status: 'partially-paid',
      amountDueCents: 300,
      amountPaidCents: 100,
      refundDueCents: 0,
      balanceThereCents: 0,
    });
    // It looks, and touches nothing.
    expect(await story.payment(silent.id)).toMatchObject({ status: 'open', needsReview: false });
    expect(await inquiries(story)).toHaveLength(9);
  });

  test('finds what was paid twice or too much, until it was returned', async () => {
    const story = await askingStory();
    await story.steer('', 'PATCH', { doubleCharge: true, allowOverpayment: true });
    const twice = await story.openAnother();
    await paid(story, twice);
    await paid(story, twice, undefined, 'duplicate-payment');
    const tooMuch = await story.openAnother({}, PARTS);
    await paid(story, tooMuch, '4.00', 'overpaid');
    // Two pages of one invoice, both paid: the first one is well.
    const first = await story.openAnother();
    const second = await story.open({ ViewMode: 0 }, {}, { InvoiceNumber: first.InvoiceNumber });
    await paid(story, first);
    await paid(story, { ...second, InvoiceNumber: first.InvoiceNumber }, undefined, 'duplicate-payment');
    const run = await reconcile(story);
    expect(findings(await itemsOf(run.id))).toEqual({
      [twice.id]: 'duplicate paid-more-than-once',
      [tooMuch.id]: 'duplicate overpaid',
      [first.id]: 'match paid-on-both-sides',
      [second.id]: 'duplicate paid-more-than-once',
    });
    expect(run.counts).toEqual({ duplicate: 3, match: 1 });
    for (const { id } of [twice, tooMuch, second]) {
      const { refundDueCents: amountCents } = await story.payment(id);
      await admin('POST', `/payments/${id}/refund`, { amountCents, reason: 'returned in the biller portal' });
    }
    expect((await reconcile(story)).counts).toEqual({ match: 4 });
  });

  test('compares our own books alone where the biller does not let us ask', async () => {
    const story = await askingStory({}, { asks: false });
    const silent = await story.openAnother();
    await payInSilence(story, silent);
    const unconfirmed = await lost(story);
    await story.fault({ operation: 'cloud-payments', kind: 'status', status: 401 });
    await story.askAnother();
    const run = await reconcile(story);
    expect(run).toMatchObject({ asked: false, total: 3, compared: 3 });
    expect(run.counts).toEqual({ 'not-asked': 2, mismatch: 1 });
    expect(await itemsOf(run.id, 'category=match')).toEqual([]);
    expect((await itemsOf(run.id, 'category=not-asked')).map(({ reason }) => reason)).toEqual([
      'own-books-only',
      'no-page',
    ]);
    const items = await itemsOf(run.id);
    expect(findings(items)).toMatchObject({
      [silent.id]: 'not-asked own-books-only',
      [unconfirmed]: 'mismatch opening-unconfirmed',
    });
    expect(items.map(({ balanceThereCents }) => balanceThereCents)).toEqual([null, null, null]);
    expect(await inquiries(story)).toEqual([]);
  });

  test('says that an invoice is unknown there, which is nothing bad: that service may not know it', async () => {
    const story = await askingStory();
    await story.steer('', 'PATCH', { soapSeesCloudPayments: false });
    const [settled, owed] = [await story.openAnother(), await story.openAnother()];
    await paid(story, settled);
    const run = await reconcile(story);
    expect(findings(await itemsOf(run.id))).toEqual({
      [settled.id]: 'match unknown-there',
      [owed.id]: 'match unknown-there-unpaid',
    });
    expect(run).toMatchObject({ asked: true });
  });

  test('holds what was opened in its time, of its biller, and nothing else', async () => {
    const story = await newStory();
    const [before, inside, after] = [await story.openAnother(), await story.openAnother(), await story.openAnother()];
    const other = await newStory({ partner: story.partner });
    await other.openAnother();
    const body = { from: (await story.payment(inside.id)).createdAt, to: (await story.payment(after.id)).createdAt };
    const { id } = await admin('POST', `/billers/${story.billerId}/reconciliations`, body);
    expect(await done(id)).toMatchObject({ ...body, total: 1, compared: 1, asked: false });
    expect((await itemsOf(id)).map(({ paymentId }) => paymentId)).toEqual([inside.id]);
    expect(before.id < inside.id).toBe(true);
  });

  test('of nothing is done, and empty', async () => {
    const story = await newStory();
    const run = await reconcile(story);
    expect(run).toMatchObject({ total: 0, compared: 0, counts: {}, asked: false });
    expect(await itemsOf(run.id)).toEqual([]);
    const { status, text } = await csvOf(run.id);
    expect([status, text]).toEqual([200, `${HEADER}\n`]);
  });

  /** An opening whose answer was lost. @returns its payment's id */
  async function lost(story: Story): Promise<string> {
    await story.fault({ operation: 'cloud-payments', kind: 'answer-lost' });
    await story.askAnother();
    const [{ id, status }] = (await story.get('')).body.data;
    expect(status).toBe('unconfirmed');
    return id;
  }
});

const HEADER =
  'paymentId,category,reason,accountNumber,invoiceNumber,status,amountDueCents,amountPaidCents,refundDueCents,balanceThereCents';
const csvOf = (id: string, query = '', key?: string) =>
  ask('GET', `/reconciliations/${id}/items.csv${query}`, undefined, key === undefined ? {} : { key });

describe('what a reconciliation found', () => {
  test('is listed page by page, whole or by category', async () => {
    const story = await askingStory();
    const pages: Page[] = [];
    for (let n = 0; n < 5; n += 1) pages.push(await story.openAnother());
    for (const n of [1, 3]) await payInSilence(story, pages[n]);
    const { id } = await reconcile(story);
    const walk = async (query: string): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor = ''; ;) {
        const { body } = await ask('GET', `/reconciliations/${id}/items?limit=2${query}${cursor}`);
        expect(body.data.length).toBeLessThanOrEqual(2);
        found.push(...body.data.map(({ paymentId }: Json) => paymentId));
        if (body.nextCursor === null) return found;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const ids = pages.map((page) => page.id);
    expect(await walk('')).toEqual(ids);
    expect(await walk('&category=missing')).toEqual([ids[1], ids[3]]);
    expect(await walk('&category=match')).toEqual([ids[0], ids[2], ids[4]]);
    expect(await walk('&category=duplicate')).toEqual([]);
    const csv = await csvOf(id, '?category=missing');
    expect(csv.text.trimEnd().split('\n')).toEqual([
      HEADER,
      ...[1, 3].map((n) => `${ids[n]},missing,paid-without-postback,209860,${pages[n]?.InvoiceNumber},open,300,,0,0`),
    ]);
  });

  test('is CSV that no spreadsheet takes for formulas', async () => {
    const story = await newStory();
    const numbers = ['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("http://x.example","a,b")', 'a,"b"', ' =1', '\uff1d1'];
    for (const InvoiceNumber of numbers) await story.open({}, {}, { InvoiceNumber: `${InvoiceNumber}` });
    await story.open({}, { AccountNumber: "=cmd|'/c calc'!A0" }, { InvoiceNumber: 'last' });
    const { id } = await reconcile(story);
    const stored = (await itemsOf(id)).map(({ invoiceNumber }) => invoiceNumber);
    const { status, headers, text } = await csvOf(id);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    const [header, ...rows] = parsed(text);
    expect(header?.join()).toBe(HEADER);
    expect(rows).toHaveLength(9);
    const cells = rows.map((row) => row[4]);
    expect(cells.slice(0, 5)).toEqual(numbers.slice(0, 5).map((number) => `'${number}`));
    expect(cells[5]).toBe('a,"b"');
    expect(rows.at(-1)?.[3]).toBe("'=cmd|'/c calc'!A0");
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
    // JSON is for programs: as it was asked for.
    expect(stored.slice(0, 6)).toEqual(numbers.slice(0, 6));
  });

  test('comes whole as CSV, also where that is read in several pieces', async () => {
    const story = await newStory();
    const { id: paymentId } = await story.openAnother();
    const ids = await manyCopies(story, paymentId, 1_999);
    const run = await done((await request(story)).id, undefined, 60_000);
    expect(run).toMatchObject({ total: 2_000, compared: 2_000, counts: { 'not-asked': 2_000 } });
    const [header, ...rows] = (await csvOf(run.id)).text.trimEnd().split('\n');
    expect(header).toBe(HEADER);
    expect(rows.map((row) => row.slice(0, 36))).toEqual([...ids, paymentId]);
    const none = await csvOf(run.id, '?category=mismatch');
    expect(none.text).toBe(`${HEADER}\n`);
  }, 90_000);
});

/** RFC 4180. */
function parsed(csv: string): string[][] {
  return csv
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    );
}

describe('reconciliations of a biller', () => {
  test('are listed, the newest first, page by page', async () => {
    const story = await newStory();
    const runs = [await request(story), await request(story), await request(story)].map(({ id }) => id);
    const first = await ask('GET', `/billers/${story.billerId}/reconciliations?limit=2`);
    expect(first.body.data.map(({ id }: Json) => id)).toEqual([runs[2], runs[1]]);
    const next = await ask('GET', `/billers/${story.billerId}/reconciliations?cursor=${first.body.nextCursor}`);
    expect([next.body.data.map(({ id }: Json) => id), next.body.nextCursor]).toEqual([[runs[0]], null]);
    for (const id of runs) await done(id);
  });

  test('are asked for by operators, read by auditors, and no business of partners', async () => {
    const story = await newStory();
    const path = `/billers/${story.billerId}/reconciliations`;
    const body = { from: new Date(Date.now() - 3_600_000).toISOString() };
    const operator = await newAdminKey('operator');
    const actor = `key ${operator.id} (${operator.name})`;
    const { key: auditor } = await newAdminKey('auditor');
    expect((await ask('POST', path, body, { key: auditor })).status).toBe(403);
    expect((await ask('POST', path, body, { key: story.key })).status).toBe(403);
    expect((await api({ path: `/admin/v1${path}`, body })).status).toBe(401);
    expect((await ask('GET', path)).body.data).toEqual([]);

    const answer = await ask('POST', path, body, { key: operator.key });
    expect([answer.status, answer.body]).toEqual([
      202,
      {
        id: expect.any(String),
        billerId: story.billerId,
        from: body.from,
        to: expect.any(String),
        status: 'running',
        requestedBy: actor,
        total: 0,
        compared: 0,
        counts: {},
        asked: false,
        createdAt: expect.any(String),
        finishedAt: null,
      },
    ]);
    const { id, from, to } = answer.body;
    const { data: events } = await admin(
      'GET',
      `/audit-events?action=reconciliation.request&target=biller:${story.billerId}`,
    );
    expect(events).toMatchObject([{ actor, before: null, after: { id, from, to } }]);

    for (const read of [
      path,
      `/reconciliations/${id}`,
      `/reconciliations/${id}/items`,
      `/reconciliations/${id}/items.csv`,
    ]) {
      expect([read, (await ask('GET', read, undefined, { key: auditor })).status]).toEqual([read, 200]);
      expect([read, (await ask('GET', read, undefined, { key: story.key })).status]).toEqual([read, 403]);
      expect([read, (await api({ path: `/admin/v1${read}` })).status]).toEqual([read, 401]);
    }
    await done(id);
  });

  test('are refused where the request is wrong, by the name of the field', async () => {
    const story = await newStory();
    const path = `/billers/${story.billerId}/reconciliations`;
    const refused = async (method: string, where: string, body?: object) => {
      const answer = await ask(method, where, body);
      const fields = answer.body.errors?.map(({ field }: Json) => field).sort();
      return [answer.status, answer.body.code, ...(fields ?? [])];
    };
    const at = '2026-01-01T00:00:00Z';
    for (const [body, field] of [
      [{}, 'from'],
      [{ from: 'yesterday' }, 'from'],
      [{ from: 1 }, 'from'],
      [{ from: '2026-02-30' }, 'from'],
      [{ from: '2026-01-01T00:00:00' }, 'from'],
      [{ from: at, to: null }, 'to'],
      [{ from: at, to: '2025-12-31T23:59:59Z' }, 'to'],
      [{ from: at, to: at }, 'to'],
      [{ from: at, to: '2027-01-02T00:00:00.001Z' }, 'from'],
      [{ from: at, to: '2026-01-02', category: 'match' }, 'category'],
    ] as const) {
      expect([body, await refused('POST', path, body)]).toEqual([body, [400, 'invalid_request', field]]);
    }
    expect((await ask('GET', path)).body.data).toEqual([]);
    expect(await refused('POST', `/billers/${NOBODY}/reconciliations`, { from: at, to: '2026-01-02' })).toEqual([
      404,
      'biller_not_found',
    ]);
    expect(await refused('GET', `/billers/${NOBODY}/reconciliations`)).toEqual([404, 'biller_not_found']);
    for (const part of ['', '/items', '/items.csv']) {
      expect(await refused('GET', `/reconciliations/${NOBODY}${part}`)).toEqual([404, 'reconciliation_not_found']);
      expect((await refused('GET', `/reconciliations/none${part}`)).slice(0, 2)).toEqual([400, 'invalid_request']);
    }
    const { id } = await reconcile(story);
    expect(await refused('GET', `/reconciliations/${id}/items?category=matches`)).toEqual([
      400,
      'invalid_request',
      'category',
    ]);
    expect(await refused('GET', `/reconciliations/${id}/items.csv?category=matches`)).toEqual([
      400,
      'invalid_request',
      'category',
    ]);
    for (const limit of ['0', '501', 'x', '1.5']) {
      expect(await refused('GET', `/reconciliations/${id}/items?limit=${limit}`)).toEqual([
        400,
        'invalid_request',
        'limit',
      ]);
    }
    expect(await refused('GET', `/reconciliations/${id}/items?cursor=1`)).toEqual([400, 'invalid_request', 'cursor']);
    // As long as it may be: 366 days.
    const longest = await ask('POST', path, { from: at, to: '2027-01-02T00:00:00Z' });
    expect(longest.status).toBe(202);
    await done(longest.body.id);
  });
});
