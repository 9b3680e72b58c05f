import { api, type Json } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { sampleRequest } from '../support/sample.js';
import { newStory, postBack, type Story } from '../support/story.js';

afterAll(closeDb);

const idsOf = (body: Json): string[] => body.data.map(({ id }: { id: string }) => id);

describe('reading payments', () => {
  test('one: what was asked, what came of it, and no secret of it', async () => {
    const story = await newStory();
    const { id, cloudPaymentUrl } = await story.open({ PostBackURL: 'https://partner.example.com/log' });
    const { status, body, text } = await story.get(`/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      billerId: story.billerId,
      status: 'open',
      accountNumber: '209860',
      invoiceNumber: '2025000158',
      billerReference: '209860|12570',
      amountDueCents: 300,
      amountPaidCents: null,
      paidOnOtherPagesCents: 0,
      feeCents: null,
      refundDueCents: 0,
      paymentGuid: null,
      supersedes: null,
      failure: null,
      needsReview: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      openedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pageExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      settledAt: null,
      receipts: [],
      relay: [],
    });
    expect(text).not.toContain(cloudPaymentUrl.split('/').at(-1));
    expect(text).not.toContain('Jane Payer');
  });

  test('its events, oldest first', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message({ PaymentAmount: '9.00' }));
    await postBack(postBackUrl, story.message({ Approved: 'False' }));
    const message = story.message({ ConvenienceFee: '1.75' });
    await postBack(postBackUrl, message);
    const events = await story.events(id);
    expect(events.map(({ type }) => type)).toEqual([
      'payment.opening',
      'payment.open',
      'postback.held',
      'payment.declined',
      'payment.paid',
    ]);
    expect(events.at(-1).data).toEqual({ paymentGuid: message['PaymentGUID'], amountCents: 300, feeCents: 175 });
    const times = events.map(({ createdAt }) => createdAt);
    expect([...times].sort()).toEqual(times);
  });

  describe('the list', () => {
    let story: Story;
    let opened: { id: string; createdAt: string }[];

    beforeAll(async () => {
      story = await newStory();
      opened = [];
      for (const [account, invoice] of [
        ['A', 'i-1'],
        ['A', 'i-2'],
        ['B', 'i-3'],
        ['B', 'i-3'],
        ['C', 'i-5'],
      ]) {
        // Of other terms each: for the same ones there would be the same payment.
        const changes = { BillerReference: `reference-${opened.length}` };
        const { view, postBackUrl } = await story.open(changes, { AccountNumber: account }, { InvoiceNumber: invoice });
        opened.push(view);
        if (invoice === 'i-2') await postBack(postBackUrl, story.message({ InvoiceNumber: 'i-2', ...changes }));
        if (invoice === 'i-5') {
          await postBack(postBackUrl, story.message({ InvoiceNumber: 'i-5', Approved: 'False', ...changes }));
        }
      }
      await story.fault({ kind: 'status', status: 500 });
      await story.ask(sampleRequest());
    });

    const expected = (...indexes: number[]) => indexes.map((index) => opened[index]?.id);

    test('is newest first', async () => {
      const { status, body } = await story.get('');
      expect(status).toBe(200);
      expect(idsOf(body).slice(1)).toEqual(expected(4, 3, 2, 1, 0));
      expect(body.data[0]).toMatchObject({ status: 'unconfirmed' });
      expect(body.nextCursor).toBeNull();
    });

    test('is paged by a cursor, each payment once, also when one is added in between', async () => {
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 10; page += 1) {
        const { body }: { body: Json } = await story.get(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
        expect(body.data.length).toBeLessThanOrEqual(2);
        seen.push(...idsOf(body));
        cursor = body.nextCursor;
        if (page === 0) await newcomer();
        if (cursor === null) break;
      }
      expect(seen.slice(1)).toEqual(expected(4, 3, 2, 1, 0));
      expect(new Set(seen).size).toBe(6);
    });

    /** Of this biller, and out of the way of the other tests: they look at what is older. */
    async function newcomer(): Promise<void> {
      const { id } = await story.open({}, { AccountNumber: 'new' }, { InvoiceNumber: 'new' });
      await story.db.rows('delete from payment_events where payment_id = $1', [id]);
      const { body } = await story.get('?accountNumber=new');
      expect(idsOf(body)).toEqual([id]);
      await story.db.rows('delete from payments where id = $1', [id]);
    }

    test.each<[string, (made: typeof opened) => string, number[]]>([
      ['status', () => 'status=paid', [1]],
      ['another status', () => 'status=declined', [4]],
      ['status open', () => 'status=open', [3, 2, 0]],
      ['invoice', () => 'invoiceNumber=i-3', [3, 2]],
      ['account', () => 'accountNumber=A', [1, 0]],
      ['account and invoice', () => 'accountNumber=A&invoiceNumber=i-1', [0]],
      ['an account without payments', () => 'accountNumber=nobody', []],
      ['the time from which', (made) => `createdFrom=${made[2]?.createdAt}&createdBefore=${after(made[4])}`, [4, 3, 2]],
      ['the time before which', (made) => `createdBefore=${made[2]?.createdAt}`, [1, 0]],
      ['a time with an offset', (made) => `createdBefore=${encodeURIComponent(inTokyo(made[2]?.createdAt))}`, [1, 0]],
      [
        'all together',
        (made) => `status=paid&accountNumber=A&invoiceNumber=i-2&createdFrom=${made[0]?.createdAt}`,
        [1],
      ],
    ])('is filtered by %s', async (_, query, indexes) => {
      const { status, body } = await story.get(`?${query(opened)}`);
      expect(status).toBe(200);
      expect(idsOf(body)).toEqual(expected(...indexes));
    });

    test('is paged within a filter', async () => {
      const first = (await story.get('?status=open&limit=2')).body;
      expect(idsOf(first)).toEqual(expected(3, 2));
      const second = (await story.get(`?status=open&limit=2&cursor=${first.nextCursor}`)).body;
      expect(idsOf(second)).toEqual(expected(0));
      expect(second.nextCursor).toBeNull();
    });

    test.each<[string, string]>([
      ['status=settled', 'status'],
      ['status=paid&status=open', 'status'],
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=many', 'limit'],
      ['limit=1.5', 'limit'],
      ['limit=', 'limit'],
      ['cursor=1', 'cursor'],
      [`cursor=' or 1=1 --`, 'cursor'],
      ['createdFrom=yesterday', 'createdFrom'],
      ['createdFrom=2026-02-30T00:00:00Z', 'createdFrom'],
      ['createdFrom=2026-W05', 'createdFrom'],
      ['createdFrom=2026-W05-1', 'createdFrom'],
      ['createdBefore=2026-366', 'createdBefore'],
      ['createdBefore=2026-01-01T25:00:00Z', 'createdBefore'],
      [`invoiceNumber=${'x'.repeat(51)}`, 'invoiceNumber'],
      ['invoiceNumber=%00', 'invoiceNumber'],
      ['accountNumber=a%00b', 'accountNumber'],
      ['invoiceNumber=a&invoiceNumber=b', 'invoiceNumber'],
      ['accountNumber[a]=b', 'accountNumber[a]'],
      ['unknown=1', 'unknown'],
    ])('refuses %s, naming it', async (query, field) => {
      const { status, body } = await story.get(`?${query}`);
      expect(status).toBe(400);
      expect(body.errors).toMatchObject([{ field }]);
    });
  });

  test('a payment that does not exist is a 404, whatever its id looks like', async () => {
    const story = await newStory();
    for (const id of [crypto.randomUUID(), 'x', '%00', `'`, 'a'.repeat(90), '..%2f..%2fadmin']) {
      for (const path of [`/${id}`, `/${id}/events`]) {
        const { status, body } = await story.get(path);
        expect(status).toBe(404);
        expect(body.code).toBe('payment_not_found');
      }
    }
  });

  test.each<[string, string, number]>([
    ['an encoding that is none', '/v1/billers/%zz/cloud-pay/payments', 400],
    ['a part that is too long', `/v1/billers/${'x'.repeat(3_000)}/cloud-pay/payments`, 404],
  ])('a URL with %s is a problem too', async (_, path, status) => {
    const answer = await api({ path });
    expect([status, 414]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status: answer.status, code: expect.any(String) });
  });

  test('what is nowhere is a 404 problem too', async () => {
    for (const path of ['/nowhere', '/v1', '/v1/billers', '/admin']) {
      const { status, headers, body } = await api({ path });
      expect(status).toBe(404);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(body).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) });
    }
  });
});

const after = (payment: { createdAt: string } | undefined) =>
  new Date(Date.parse(payment?.createdAt ?? '') + 1).toISOString();
const inTokyo = (time = '') => new Date(Date.parse(time) + 9 * 3_600_000).toISOString().replace('Z', '+09:00');
