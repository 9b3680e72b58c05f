import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { api } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { stage } from '../support/stage-facts.js';
import { sampleRequest } from '../support/sample.js';
import { newInvoiceNumber, newStory, postBack, type Opened, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

/** Nothing was recorded as paid, and an administrator's eyes are asked for. */
async function expectHeld(story: Story, { id }: Opened, reasons: unknown): Promise<void> {
  expect(await story.payment(id)).toMatchObject({
    status: 'open',
    needsReview: true,
    amountPaidCents: null,
    paymentGuid: null,
    settledAt: null,
    relay: [],
  });
  const rows = await story.postbackRows(id);
  expect(rows).toMatchObject([{ verdict: 'held', reasons }]);
  const [held] = (await story.events(id)).slice(-1);
  expect(held).toMatchObject({ type: 'postback.held', data: { reasons } });
}

async function openedWithMessage(story: Story, changes: Record<string, string>) {
  const InvoiceNumber = newInvoiceNumber();
  // Side by side, the sandbox’s last request need not be ours.
  const answer = await story.ask(sampleRequest({}, {}, { InvoiceNumber }));
  const asked = (await story.requests()).find(({ text }) => text.includes(InvoiceNumber));
  const postBackUrl: string = asked?.body.PostBackURL;
  return { id: answer.body.id as string, postBackUrl, message: story.message({ ...changes, InvoiceNumber }) };
}

describe('a PostBack', () => {
  describe('is taken', () => {
    test('as a form', async () => {
      const story = await newStory();
      const opened = await story.open();
      expect(await postBack(opened.postBackUrl, story.message())).toBe(204);
      expect(await story.payment(opened.id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    });

    test('as a query', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const query = new URLSearchParams(story.message()).toString();
      const response = await fetch(`${postBackUrl}?${query}`, { method: 'POST' });
      expect(response.status).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    });

    test('as JSON, with numbers and booleans as such too', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const message = { ...story.message(), Approved: true, PaymentAmount: 3.0, ConvenienceFee: 0.5, CardType: null };
      expect(await postBack(postBackUrl, JSON.stringify(message), { contentType: 'application/json' })).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, feeCents: 50 });
    });

    test('with its fields divided between query and form, and with the same ones in both', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const { Approved = '', PaymentAmount = '', ...rest } = story.message();
      const query = new URLSearchParams({ Approved, PaymentAmount, InvoiceNumber: '2025000158' }).toString();
      expect(await postBack(postBackUrl, rest, { query })).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    });

    test('with names in any case, and with more fields than are declared', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const recased = Object.fromEntries(
        Object.entries(story.message({ NewField: 'x' })).map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(await postBack(postBackUrl, recased)).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid' });
    });

    test.each(['3', '3.0', '3.00'])('with the amount written %s', async (PaymentAmount) => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      await postBack(postBackUrl, story.message({ PaymentAmount }));
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    });
  });

  test('is stored, sealed, when 204 comes', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const message = story.message();
    expect(await postBack(postBackUrl, message)).toBe(204);
    const rows = await story.db.rows('select * from postbacks where payment_id = $1', [id]);
    expect(rows).toMatchObject([{ verdict: 'verified', reasons: [], payment_guid: message['PaymentGUID'] }]);
    expect(rows[0]?.['raw_sealed']).toMatch(/^v1\.test\.[\w-]{200,}$/);
    expect(await story.db.count(`from payments where id = $1 and status = 'paid'`, [id])).toBe(1);
  });

  test('is not answered before the payment’s row could be locked and written', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const holder = new Client({ connectionString: stage.settings['DATABASE_URL'] });
    await holder.connect();
    try {
      const { rows: holding } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
      await holder.query('begin');
      await holder.query('select 1 from payments where id = $1 for update', [id]);
      let answered = false;
      const sending = postBack(postBackUrl, story.message()).then((status) => ((answered = true), status));
      await eventually('the message waits for the row', async () => {
        const waiting = await story.db.rows('select 1 from pg_stat_activity where $1 = any (pg_blocking_pids(pid))', [
          holding[0]?.pid,
        ]);
        return waiting.length > 0;
      });
      expect(answered).toBe(false);
      expect(await story.postbackRows(id)).toEqual([]);
      await holder.query('rollback');
      expect(await sending).toBe(204);
      expect(await story.postbackRows(id)).toHaveLength(1);
    } finally {
      await holder.end();
    }
  });

  describe('that repeats itself', () => {
    test('is answered the same, and nothing happens twice', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      const message = story.message();
      expect(await postBack(postBackUrl, message)).toBe(204);
      const before = await story.payment(id);
      expect(await postBack(postBackUrl, message)).toBe(204);
      // Another clock, another form: still the same message.
      expect(await postBack(postBackUrl, { ...message, PaymentDate: '4/17/2025 1:09:00 PM' })).toBe(204);
      expect(await postBack(postBackUrl, JSON.stringify(message), { contentType: 'application/json' })).toBe(204);
      const { relay: _, updatedAt: __, ...after } = await story.payment(id);
      expect(before).toMatchObject(after);
      expect(await story.eventTypes(id)).toEqual(['payment.opening', 'payment.open', 'payment.paid']);
      expect(await story.postbackRows(id)).toHaveLength(1);
      expect(await story.deliveriesStored(id)).toBe(1);
    });

    test('is one message also from many connections at once', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      const message = story.message();
      const statuses = await Promise.all(Array.from({ length: 16 }, () => postBack(postBackUrl, message)));
      expect(new Set(statuses)).toEqual(new Set([204]));
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
      expect(await story.eventTypes(id)).toEqual(['payment.opening', 'payment.open', 'payment.paid']);
      expect(await story.postbackRows(id)).toHaveLength(1);
      expect(await story.deliveriesStored(id)).toBe(1);
    });

    test('as the sandbox sends it, twenty times at once', async () => {
      const story = await newStory();
      const { id, cloudPaymentUrl } = await story.open();
      const sent = await story.steer('/postbacks', 'POST', { paymentUrl: cloudPaymentUrl, times: 20, atOnce: true });
      expect(sent.outcomes.map(({ status }: { status: number }) => status)).toEqual(Array(20).fill(204));
      expect(await story.postbackRows(id)).toHaveLength(1);
      expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    });

    test('under another PaymentGUID is a second payment: settled once, a duplicate to be refunded the other times', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      const messages = Array.from({ length: 6 }, () => story.message());
      const statuses = await Promise.all(messages.map((message) => postBack(postBackUrl, message)));
      expect(new Set(statuses)).toEqual(new Set([204]));
      const payment = await story.payment(id);
      expect(payment).toMatchObject({
        status: 'duplicate-payment',
        amountPaidCents: 1800,
        refundDueCents: 1500,
        needsReview: false,
      });
      const receipts: { paymentGuid: string; refundCents: number }[] = payment.receipts;
      expect(new Set(receipts.map(({ paymentGuid }) => paymentGuid))).toEqual(
        new Set(messages.map(({ PaymentGUID }) => PaymentGUID)),
      );
      expect(receipts.map(({ refundCents }) => refundCents).sort()).toEqual([0, 300, 300, 300, 300, 300]);
      expect((await story.eventTypes(id)).slice(2).sort()).toEqual([
        ...Array<string>(5).fill('payment.duplicate-payment'),
        'payment.paid',
      ]);
      expect(await story.postbackRows(id)).toEqual(
        expect.arrayContaining(Array(6).fill(expect.objectContaining({ verdict: 'verified' }))),
      );
      expect(await story.deliveriesStored(id)).toBe(6);
    });
  });

  describe('says Approved by a closed list', () => {
    test.each(['True', 'true', 'TRUE', 'tRuE'])('%j is approved', async (Approved) => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      await postBack(postBackUrl, story.message({ Approved }));
      expect(await story.payment(id)).toMatchObject({ status: 'paid', needsReview: false });
    });

    test.each(['False', 'false', 'FALSE'])('%j is declined', async (Approved) => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      await postBack(postBackUrl, story.message({ Approved }));
      expect(await story.payment(id)).toMatchObject({ status: 'declined', needsReview: false });
    });

    test.each(['1', '0', 'yes', 'No', '', 'Approved', 'T', 'True,True', 'True\u00001', 'null', 'Тrue'])(
      '%j is held for review',
      async (Approved) => {
        const story = await newStory();
        const opened = await story.open();
        expect(await postBack(opened.postBackUrl, story.message({ Approved }))).toBe(204);
        await expectHeld(story, opened, ['approved-unreadable']);
      },
    );

    test('a missing one is held for review', async () => {
      const story = await newStory();
      const opened = await story.open();
      const { Approved: _, ...message } = story.message();
      expect(await postBack(opened.postBackUrl, message)).toBe(204);
      await expectHeld(story, opened, ['approved-unreadable']);
    });
  });

  describe('that differs from what was asked is held, not recorded as paid:', () => {
    test.each<[string, Record<string, string>, string]>([
      ['a cent less', { PaymentAmount: '2.99' }, 'amount-differs'],
      ['a cent more', { PaymentAmount: '3.01' }, 'amount-differs'],
      ['the fee inside the amount', { PaymentAmount: '4.75', ConvenienceFee: '1.75' }, 'amount-differs'],
      ['no amount', { PaymentAmount: '' }, 'amount-unreadable'],
      ['a negative amount', { PaymentAmount: '-3.00' }, 'amount-unreadable'],
      ['three decimals', { PaymentAmount: '3.000' }, 'amount-unreadable'],
      ['an exponent', { PaymentAmount: '3e0' }, 'amount-unreadable'],
      ['a thousands separator', { PaymentAmount: '3,00' }, 'amount-unreadable'],
      ['a fee that is no amount', { ConvenienceFee: '-1.00' }, 'fee-unreadable'],
      ['a fee of three decimals', { ConvenienceFee: '0.001' }, 'fee-unreadable'],
      ['another biller', { BillerGUID: randomUUID() }, 'biller-guid-differs'],
      ['no biller', { BillerGUID: '' }, 'biller-guid-differs'],
      ['another invoice', { InvoiceNumber: '2025000159' }, 'invoice-number-differs'],
      ['no invoice', { InvoiceNumber: '' }, 'invoice-number-differs'],
      ['another reference', { BillerReference: '209861|12570' }, 'biller-reference-differs'],
      ['no reference', { BillerReference: '' }, 'biller-reference-differs'],
      ['no PaymentGUID', { PaymentGUID: '' }, 'payment-guid-unreadable'],
      ['a PaymentGUID that is none', { PaymentGUID: `'; drop table payments; --` }, 'payment-guid-unreadable'],
      ['a PaymentGUID with a zero byte', { PaymentGUID: 'a\u0000b' }, 'payment-guid-unreadable'],
      ['an InvoiceNumber with a zero byte', { InvoiceNumber: 'a\u0000b' }, 'invoice-number-differs'],
      ['a PaymentGUID without end', { PaymentGUID: 'a'.repeat(10_000) }, 'payment-guid-unreadable'],
    ])('%s', async (_, changes, reason) => {
      const story = await newStory();
      const opened = await story.open();
      expect(await postBack(opened.postBackUrl, story.message(changes))).toBe(204);
      await expectHeld(story, opened, [reason]);
    });

    test('several things at once, each with its reason', async () => {
      const story = await newStory();
      const opened = await story.open();
      await postBack(opened.postBackUrl, story.message({ PaymentAmount: '1.00', InvoiceNumber: 'x', Approved: 'ok' }));
      await expectHeld(story, opened, ['approved-unreadable', 'invoice-number-differs', 'amount-differs']);
    });

    test('a reference where none was asked for', async () => {
      const story = await newStory();
      const opened = await story.open({ BillerReference: undefined });
      await postBack(opened.postBackUrl, story.message({ BillerReference: 'x' }));
      await expectHeld(story, opened, ['biller-reference-differs']);
    });

    test('an amount where the request named none', async () => {
      const story = await newStory();
      const opened = await story.open({}, {}, { BalanceDue: undefined });
      await postBack(opened.postBackUrl, story.message());
      await expectHeld(story, opened, ['amount-not-asked']);
    });

    test('a declined message too', async () => {
      const story = await newStory();
      const opened = await story.open();
      await postBack(opened.postBackUrl, story.message({ Approved: 'False', PaymentAmount: '1.00' }));
      await expectHeld(story, opened, ['amount-differs']);
    });

    test('and the true message that follows, under the same PaymentGUID, is still recorded', async () => {
      const story = await newStory();
      const opened = await story.open();
      const PaymentGUID = randomUUID();
      await postBack(opened.postBackUrl, story.message({ PaymentGUID, PaymentAmount: '9.99' }));
      await postBack(opened.postBackUrl, story.message({ PaymentGUID }));
      expect(await story.payment(opened.id)).toMatchObject({
        status: 'paid',
        amountPaidCents: 300,
        paymentGuid: PaymentGUID,
        needsReview: true,
      });
    });
  });

  describe('that can be read in two ways is held:', () => {
    test('a parameter that comes twice', async () => {
      const story = await newStory();
      const opened = await story.open();
      await postBack(opened.postBackUrl, [...Object.entries(story.message()), ['Approved', 'False']]);
      await expectHeld(story, opened, ['repeated-field']);
    });

    test('a parameter that comes twice with the same value, or in other case', async () => {
      for (const extra of [['Approved', 'True'] as const, ['approved', 'False'] as const]) {
        const story = await newStory();
        const opened = await story.open();
        await postBack(opened.postBackUrl, [...Object.entries(story.message()), [...extra]]);
        await expectHeld(story, opened, ['repeated-field']);
      }
    });

    test('query and body that disagree', async () => {
      const story = await newStory();
      const opened = await story.open();
      await postBack(opened.postBackUrl, story.message(), { query: 'PaymentAmount=300.00' });
      await expectHeld(story, opened, ['query-and-body-disagree']);
    });

    test.each<[string, string, string]>([
      ['a name twice in JSON', '{"Approved":"False","Approved":"True"}', 'repeated-field'],
      ['a name twice in JSON, once with an escape', '{"Approved":"False","Appr\\u006fved":"True"}', 'repeated-field'],
      ['nested JSON', '{"Approved":{"value":"True"}}', 'nested-json'],
      ['a JSON list', '[{"Approved":"True"}]', 'unreadable-json'],
      ['broken JSON', '{"Approved":"Tr', 'unreadable-json'],
    ])('%s', async (_, json, reason) => {
      const story = await newStory();
      const opened = await story.open();
      expect(await postBack(opened.postBackUrl, json, { contentType: 'application/json' })).toBe(204);
      await expectHeld(story, opened, [reason]);
    });

    test.each(['BillbridgeStatus', 'billbridgepaymentid', ' BillbridgeSequence'])(
      'a field that only we add (%j): the partner would read theirs for ours',
      async (name) => {
        const story = await newStory();
        const opened = await story.open();
        await postBack(opened.postBackUrl, [[name, 'paid'], ...Object.entries(story.message())]);
        await expectHeld(story, opened, ['reserved-field']);
      },
    );

    test('an empty message', async () => {
      const story = await newStory();
      const opened = await story.open();
      expect((await fetch(opened.postBackUrl, { method: 'POST' })).status).toBe(204);
      await expectHeld(story, opened, ['empty']);
    });
  });

  describe('of an odd content type is stored, not refused:', () => {
    test.each([
      'text/plain',
      'application/x-www-form-urlencoded; charset=UTF-8',
      'application/x-www-form-urlencoded;charset=windows-1252',
      'APPLICATION/X-WWW-FORM-URLENCODED',
      'application/octet-stream',
      'garbage',
      'a/b/c; ;;=',
      '',
    ])('%j with a form in it', async (contentType) => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      expect(await postBack(postBackUrl, story.message(), { contentType })).toBe(204);
      expect(await story.postbackRows(id)).toMatchObject([{ verdict: 'verified' }]);
      expect(await story.payment(id)).toMatchObject({ status: 'paid' });
    });

    test('none at all', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const body = new TextEncoder().encode(new URLSearchParams(story.message()).toString());
      const response = await fetch(postBackUrl, { method: 'POST', body });
      expect(response.status).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid' });
    });

    test.each([
      [
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="Approved"\r\n\r\nTrue\r\n--x--',
      ],
      ['application/xml', '<PostBack><Approved>True</Approved></PostBack>'],
      ['application/json; charset=utf-16', '\u0000{'],
    ])('%s, which nobody can read', async (contentType, body) => {
      const story = await newStory();
      const opened = await story.open();
      expect(await postBack(opened.postBackUrl, body, { contentType })).toBe(204);
      expect(await story.postbackRows(opened.id)).toMatchObject([{ verdict: 'held' }]);
      expect(await story.payment(opened.id)).toMatchObject({ status: 'open', needsReview: true });
    });
  });

  describe('after another:', () => {
    test('a refusal, then an approval', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      await postBack(postBackUrl, story.message({ Approved: 'False' }));
      expect(await story.payment(id)).toMatchObject({ status: 'declined' });
      await postBack(postBackUrl, story.message());
      expect(await story.payment(id)).toMatchObject({ status: 'paid', needsReview: false });
      expect(await story.deliveriesStored(id)).toBe(2);
    });

    test('a refusal after the approval changes nothing, is told to nobody, and stands among the events', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      await postBack(postBackUrl, story.message());
      const before = await story.payment(id);
      const refusal = story.message({ Approved: 'False' });
      expect(await postBack(postBackUrl, refusal)).toBe(204);
      const { relay: _, ...after } = await story.payment(id);
      expect(before).toMatchObject(after);
      expect(after).toMatchObject({ status: 'paid', needsReview: false });
      expect((await story.postbackRows(id)).at(-1)).toMatchObject({ verdict: 'verified', reasons: [] });
      expect((await story.events(id)).at(-1)).toMatchObject({
        type: 'payment.alert',
        data: { reason: 'refusal-after-approval', paymentGuid: refusal['PaymentGUID'] },
      });
      expect(await story.deliveriesStored(id)).toBe(1);
      // Said again, it is not another alert.
      expect(await postBack(postBackUrl, refusal)).toBe(204);
      expect((await story.eventTypes(id)).filter((type) => type === 'payment.alert')).toHaveLength(1);
    });

    test('an approval after the refusal of the same PaymentGUID', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const PaymentGUID = randomUUID();
      await postBack(postBackUrl, story.message({ PaymentGUID, Approved: 'False' }));
      expect(await postBack(postBackUrl, story.message({ PaymentGUID }))).toBe(204);
      expect(await story.payment(id)).toMatchObject({ status: 'paid', paymentGuid: PaymentGUID, needsReview: false });
      expect(await story.eventTypes(id)).toEqual([
        'payment.opening',
        'payment.open',
        'payment.declined',
        'payment.paid',
      ]);
    });

    test('another amount for the same PaymentGUID', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open({}, {}, { AllowPartialPayments: true });
      const PaymentGUID = randomUUID();
      await postBack(postBackUrl, story.message({ PaymentGUID, PaymentAmount: '1.00' }));
      expect(await postBack(postBackUrl, story.message({ PaymentGUID, PaymentAmount: '2.00' }))).toBe(204);
      expect(await story.payment(id)).toMatchObject({
        status: 'partially-paid',
        amountPaidCents: 100,
        needsReview: true,
        receipts: [{ amountCents: 100 }],
      });
      expect((await story.postbackRows(id)).at(-1)).toMatchObject({
        verdict: 'held',
        reasons: ['contradicts-earlier-postback'],
      });
    });

    test('the PaymentGUID that settled another payment of this biller', async () => {
      const story = await newStory();
      const [first, second] = [await story.openAnother(), await story.openAnother()];
      const PaymentGUID = randomUUID();
      await postBack(first.postBackUrl, story.message({ PaymentGUID, InvoiceNumber: first.InvoiceNumber }));
      const message = story.message({ PaymentGUID, InvoiceNumber: second.InvoiceNumber });
      expect(await postBack(second.postBackUrl, message)).toBe(204);
      expect(await story.payment(first.id)).toMatchObject({ status: 'paid' });
      await expectHeld(story, second, ['payment-guid-of-another-payment']);
    });

    test('one PaymentGUID for several invoices at once settles one of them', async () => {
      const story = await newStory();
      const PaymentGUID = randomUUID();
      const opened = await Promise.all(Array.from({ length: 4 }, () => openedWithMessage(story, { PaymentGUID })));
      const statuses = await Promise.all(opened.map(({ postBackUrl, message }) => postBack(postBackUrl, message)));
      expect(new Set(statuses)).toEqual(new Set([204]));
      const payments = await Promise.all(opened.map(({ id }) => story.payment(id)));
      expect(payments.map(({ status }) => status).sort()).toEqual(['open', 'open', 'open', 'paid']);
      expect(payments.filter(({ needsReview }) => needsReview)).toHaveLength(3);
    });
  });

  test.each<[string, Record<string, string>]>([
    ['', {}],
    [' under an Idempotency-Key', { 'idempotency-key': randomUUID() }],
  ])('that overtakes the answer to the request%s is not lost, and not undone by that answer', async (_, headers) => {
    const story = await newStory();
    await story.fault({ kind: 'delay', ms: 900, operation: 'cloud-payments' });
    const asking = story.ask(sampleRequest(), headers);
    const { postBackUrl } = await eventually('Invoice Cloud was asked', async () => {
      return (await story.requests()).length > 0 && story.lastAsked();
    });
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    const { status, body } = await asking;
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'paid', cloudPaymentUrl: expect.any(String) });
    expect(await story.payment(body.id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    // The last status that the events tell is the status.
    expect(await story.eventTypes(body.id)).toEqual(['payment.opening', 'payment.paid', 'page.opened']);
    expect((await story.events(body.id)).at(-1)?.data).toEqual({ status: 'paid' });
  });

  test('for a page whose answer was lost settles the payment that was unconfirmed', async () => {
    const story = await newStory();
    await story.fault({ kind: 'reset', operation: 'cloud-payments' });
    expect((await story.ask()).status).toBe(502);
    const { postBackUrl } = await story.lastAsked();
    expect((await story.get('')).body.data).toMatchObject([{ status: 'unconfirmed' }]);
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    expect((await story.get('')).body.data).toMatchObject([{ status: 'paid', amountPaidCents: 300 }]);
  });

  describe('with an unknown capability', () => {
    test.each<[string, string]>([
      ['a well-formed one', Buffer.alloc(32, 7).toString('base64url')],
      ['a short one', 'x'],
      ['a very long one', 'x'.repeat(3_000)],
      ['an encoded one', '%2e%2e%2fadmin'],
      ['a zero byte', '%00'],
    ])('is answered 404: %s', async (_, capability) => {
      const story = await newStory();
      await story.open();
      const answer = await api({
        path: `/postbacks/${capability}`,
        body: new URLSearchParams(story.message()).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect([404, 414]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect((await story.get('')).body.data).toMatchObject([{ status: 'open', needsReview: false }]);
    });

    test('writes as much to the database as a known one, so that it takes the same time, kept or not', async () => {
      const databaseUrl = await newDatabase();
      const platform = await startPlatform({ DATABASE_URL: databaseUrl });
      const story = await newStory({ url: platform.url, databaseUrl });
      const { id, postBackUrl } = await story.open();
      const [server] = await story.db.rows<{ version: number }>(
        `select current_setting('server_version_num')::int as version`,
      );
      // Before PostgreSQL 18 nothing says what one backend wrote. What others write meanwhile counts then, too.
      const bytes =
        Number(server?.version) >= 180_000
          ? `select sum(w.wal_bytes) as bytes from pg_stat_activity a, pg_stat_get_backend_wal(a.pid) w
             where a.datname = current_database() and a.application_name = 'billbridge'`
          : `select pg_current_wal_insert_lsn() - '0/0' as bytes`;
      const written = async () => Number((await story.db.rows<{ bytes: string }>(bytes))[0]?.bytes);
      // Too large to be the usual noise of a transaction.
      const message = story.message({ CustomerName: 'x'.repeat(20_000), Approved: 'Perhaps' });
      const unknown = `${platform.url}/postbacks/${Buffer.alloc(32, 7).toString('base64url')}`;
      // The second time it is not kept again, and costs the same.
      for (const [url, status] of [
        [unknown, 404],
        [unknown, 404],
        [postBackUrl, 204],
      ] as const) {
        const before = await written();
        expect(await postBack(url, message)).toBe(status);
        // A backend tells of what it wrote at the end of a later transaction, at most once a second: so, one on each.
        await eventually('the message was written', async () => {
          await Promise.all(Array.from({ length: 12 }, () => story.get('')));
          return (await written()) - before > 20_000;
        });
      }
      const stored = await story.db.rows('select payment_id, verdict, reasons from postbacks order by id');
      expect(stored).toEqual([
        { payment_id: null, verdict: 'rejected', reasons: ['unknown-address'] },
        { payment_id: id, verdict: 'held', reasons: ['approved-unreadable'] },
      ]);
      await platform.stop();
    });

    test('is kept a thousand times within an hour, and for a month: nobody fills the disk', async () => {
      const databaseUrl = await newDatabase();
      const platform = await startPlatform({ DATABASE_URL: databaseUrl });
      const story = await newStory({ url: platform.url, databaseUrl });
      const unknown = `${platform.url}/postbacks/${Buffer.alloc(32, 7).toString('base64url')}`;
      await story.db.rows(
        `insert into postbacks (id, verdict, reasons, meaning, raw_sealed, received_at)
         select gen_random_uuid(), 'rejected', '{unknown-address}', decode(md5(n::text), 'hex'), 'v1.test.x', now()
         from generate_series(1, 999) n`,
      );
      const kept = () => story.db.count('from postbacks where payment_id is null');
      expect(await postBack(unknown, story.message())).toBe(404);
      expect(await kept()).toBe(1_000);
      expect(await postBack(unknown, story.message())).toBe(404);
      expect(await kept()).toBe(1_000);
      await story.db.rows(`update postbacks set received_at = now() - interval '61 minutes'`);
      expect(await postBack(unknown, story.message())).toBe(404);
      expect(await kept()).toBe(1_001);
      await platform.stop();
    });

    test('is never one that the database could tell: it knows the digest alone', async () => {
      const story = await newStory();
      const { id, postBackUrl } = await story.open();
      const capability = new URL(postBackUrl).pathname.split('/').at(-1) ?? '';
      const [row] = await story.db.rows(
        'select capability_digest, payments::text as whole from payments where id = $1',
        [id],
      );
      expect(row?.['capability_digest']).toEqual(createHash('sha256').update(capability).digest());
      expect(row?.['whole']).not.toContain(capability);
    });
  });

  test('is refused with 413 when it is larger than 64 KiB, and changes nothing', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    expect(await postBack(postBackUrl, story.message({ CustomerName: 'x'.repeat(70_000) }))).toBe(413);
    expect(await story.payment(id)).toMatchObject({ status: 'open' });
  });

  test('of other letters than ASCII reaches the partner whole', async () => {
    const partner = await receiver();
    const story = await newStory();
    const name = 'José Ñandú 支付 & Söhne = 100%+';
    const { postBackUrl } = await story.open({ PostBackURL: partner.url }, { Name: name });
    expect((await story.lastAsked()).body.Customers[0].Name).toBe(name);
    await postBack(postBackUrl, story.message({ CustomerName: name }));
    const { body } = await eventually('the partner is told', () => partner.deliveries[0]);
    expect(new URLSearchParams(body).get('CustomerName')).toBe(name);
  });
});
