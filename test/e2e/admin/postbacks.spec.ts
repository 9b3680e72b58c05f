import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { ask, newAdminKey, NOBODY } from '../../support/administration.js';
import type { Json } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { decide, heldOf, REASON, theHeld, told } from '../../support/postbacks.js';
import { closeReceivers, receiver } from '../../support/receiver.js';
import { stage } from '../../support/stage-facts.js';
import { newStory, postBack, type Opened, type Story } from '../../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const SETTLED = { status: 'paid', amountPaidCents: 300, needsReview: false };

/** What came to an address that is no payment's, under this PaymentGUID. */
async function unknownOf(paymentGuid: string | undefined): Promise<string> {
  for (let cursor = ''; ;) {
    const { body } = await ask('GET', `/postbacks?verdict=rejected&limit=100${cursor}`);
    const found = body.data.find((one: Json) => one.paymentGuid === paymentGuid);
    if (found) return found.id;
    if (!body.nextCursor) throw new Error('not found');
    cursor = `&cursor=${body.nextCursor}`;
  }
}

const stranger = () => `${stage.apiUrl}/postbacks/${randomUUID()}`;

describe('a held postback', () => {
  async function held(changes: Record<string, string>): Promise<{ story: Story; opened: Opened; id: string }> {
    const story = await newStory();
    const opened = await story.open();
    expect(await postBack(opened.postBackUrl, story.message(changes))).toBe(204);
    return { story, opened, id: await theHeld(opened.id) };
  }

  test('is listed with its reasons, the oldest first, by pages', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    for (const PaymentAmount of ['1.00', '2.00', 'much']) {
      await postBack(postBackUrl, story.message({ PaymentAmount }));
    }
    const listed = await heldOf(id);
    expect(listed.map(({ reasons }) => reasons)).toEqual([
      ['amount-differs'],
      ['amount-differs'],
      ['amount-unreadable'],
    ]);
    expect(listed[0]).toEqual({
      id: expect.any(String),
      paymentId: id,
      addressedTo: null,
      source: 'postback',
      verdict: 'held',
      reasons: ['amount-differs'],
      paymentGuid: expect.any(String),
      receivedAt: expect.any(String),
      decidedAt: null,
      decidedBy: null,
      decisionReason: null,
      said: null,
    });
    const page = async (query: string) => (await ask('GET', `/postbacks?paymentId=${id}&limit=2${query}`)).body;
    const first = await page('');
    const second = await page(`&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data]).toEqual(listed);
    expect(second.nextCursor).toBeNull();
    expect((await ask('GET', `/postbacks?verdict=verified`)).status).toBe(400);
  });

  test('is shown beside what was asked, with what accepting it would do, and no more of the payer', async () => {
    const { opened, story, id } = await held({ PaymentAmount: '2.00', CustomerName: 'Canary Payer' });
    const { status, body, text } = await ask('GET', `/postbacks/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      payment: {
        id: opened.id,
        billerId: story.billerId,
        status: 'open',
        amountDueCents: 300,
        amountPaidCents: null,
      },
      ifAccepted: { status: 'partially-paid', refundCents: 0 },
    });
    const said = new Map(body.comparison.map((row: Json) => [row.field, [row.asked, row.said]]));
    expect(said.get('PaymentAmount')).toEqual(['3.00', '2.00']);
    expect(said.get('BillerGUID')).toEqual([story.billerGuid, story.billerGuid]);
    expect(said.get('InvoiceNumber')).toEqual(['2025000158', '2025000158']);
    expect(said.get('BillerReference')).toEqual(['209860|12570', '209860|12570']);
    expect(said.get('Approved')).toEqual([null, 'True']);
    for (const secret of ['Canary Payer', '6750 W Peoria', 'VISA']) expect(text).not.toContain(secret);
  });

  test.each<[string, string[], Record<string, string>, object | null]>([
    ['the balance', [], { InvoiceNumber: 'x' }, { status: 'paid', refundCents: 0 }],
    ['too much', [], { PaymentAmount: '5.00' }, { status: 'overpaid', refundCents: 200 }],
    ['too little', [], { PaymentAmount: '1.00' }, { status: 'partially-paid', refundCents: 0 }],
    ['after it was paid', ['3.00'], { PaymentAmount: '1.00' }, { status: 'duplicate-payment', refundCents: 100 }],
    ['a refusal', [], { Approved: 'False', PaymentAmount: '1.00' }, { status: 'declined', refundCents: 0 }],
    [
      'a refusal after it was paid',
      ['3.00'],
      { Approved: 'False', PaymentAmount: '1.00' },
      { status: 'paid', refundCents: 0 },
    ],
    ['what can not be read', [], { Approved: 'maybe' }, null],
  ])('foretells what accepting makes of %s, and so it comes', async (_, before, changes, ifAccepted) => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    for (const PaymentAmount of before) await postBack(postBackUrl, story.message({ PaymentAmount }));
    await postBack(postBackUrl, story.message(changes));
    const heldId = await theHeld(id);
    const { refundDueCents } = await story.payment(id);
    expect((await ask('GET', `/postbacks/${heldId}`)).body.ifAccepted).toEqual(ifAccepted);
    const accepted = await decide(heldId, 'accept');
    if (ifAccepted === null) return expect(accepted.status).toBe(400);
    const { status, refundCents } = ifAccepted as { status: string; refundCents: number };
    expect(accepted.status).toBe(200);
    expect(await story.payment(id)).toMatchObject({ status, refundDueCents: refundDueCents + refundCents });
  });

  test('that is accepted is booked as it says, and told to the partner once, signed, as it was accepted', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    const message = story.message({ InvoiceNumber: 'mistyped', BillerReference: '', NewField: 'kept' });
    await postBack(postBackUrl, message);
    expect(await story.deliveriesStored(id)).toBe(0);
    const heldId = await theHeld(id);
    const answer = await decide(heldId, 'accept');
    expect(answer).toMatchObject({
      status: 200,
      body: { id: heldId, verdict: 'verified', decidedBy: 'ADMIN_KEY', decisionReason: REASON, ifAccepted: null },
    });
    expect(await story.payment(id)).toMatchObject({ ...SETTLED, paymentGuid: message['PaymentGUID'] });
    const [form] = await told(partner, 1);
    expect(Object.fromEntries(form ?? [])).toEqual({
      ...message,
      InvoiceNumber: '2025000158',
      BillerReference: '209860|12570',
      BillbridgePaymentId: id,
      BillbridgeStatus: 'paid',
      BillbridgeSequence: expect.any(String),
    });
    expect([...(form ?? [])]).toHaveLength(new Set([...(form?.keys() ?? [])]).size);
    const [delivery] = partner.deliveries;
    new Webhook(story.partner.webhookSecret).verify(
      delivery?.body ?? '',
      (delivery?.headers ?? {}) as Record<string, string>,
      { jsonParse: false },
    );
    // The same message once more is the same message, whatever was made of it.
    expect(await postBack(postBackUrl, message)).toBe(204);
    expect(await story.payment(id)).toMatchObject(SETTLED);
    expect(await story.deliveriesStored(id)).toBe(1);
    expect((await story.eventTypes(id)).slice(2)).toEqual(['postback.held', 'postback.accepted', 'payment.paid']);
  });

  test('is accepted with what the administrator says in place of what it says', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message({ PaymentAmount: '4.75', Approved: 'Yes', ConvenienceFee: '' }));
    const paymentGuid = randomUUID();
    const given = { approved: true, paymentGuid, amountCents: 300, feeCents: 175 };
    expect((await decide(await theHeld(id), 'accept', given)).status).toBe(200);
    expect(await story.payment(id)).toMatchObject({ ...SETTLED, feeCents: 175, paymentGuid });
    const [form] = await told(partner, 1);
    expect(form?.get('Approved')).toBe('True');
    expect(form?.get('PaymentGUID')).toBe(paymentGuid);
    expect(form?.get('PaymentAmount')).toBe('3.00');
    expect(form?.get('ConvenienceFee')).toBe('1.75');
  });

  test('is accepted as a refusal', async () => {
    const { story, opened, id } = await held({ Approved: 'No' });
    expect((await decide(id, 'accept', { approved: false })).status).toBe(200);
    expect(await story.payment(opened.id)).toMatchObject({ status: 'declined', needsReview: false });
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['no approval', { Approved: 'ok' }, ['approved']],
    ['no PaymentGUID', { PaymentGUID: '' }, ['paymentGuid']],
    ['no amount', { PaymentAmount: '-' }, ['amountCents']],
    ['none of them', { Approved: '', PaymentGUID: '?', PaymentAmount: '' }, ['approved', 'paymentGuid', 'amountCents']],
  ])('that says %s readably is accepted only with it', async (_, changes, fields) => {
    const { story, opened, id } = await held(changes);
    const refused = await decide(id, 'accept');
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ field }: Json) => field)).toEqual(fields);
    expect(await story.payment(opened.id)).toMatchObject({ status: 'open', needsReview: true });
    const all = { approved: true, paymentGuid: randomUUID(), amountCents: 300 };
    const given = Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
    expect((await decide(id, 'accept', given)).status).toBe(200);
    expect(await story.payment(opened.id)).toMatchObject(SETTLED);
  });

  test('that can be read in two ways is read in neither: everything must be given', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, [...Object.entries(story.message()), ['PaymentAmount', '300.00']]);
    const heldId = await theHeld(id);
    const { body } = await decide(heldId, 'accept');
    expect(body.errors.map(({ field }: Json) => field)).toEqual(['approved', 'paymentGuid', 'amountCents']);
    expect((await ask('GET', `/postbacks/${heldId}`)).body.ifAccepted).toBeNull();
  });

  test.each([
    ['no reason', { reason: undefined }, 'reason'],
    ['an empty reason', { reason: ' ' }, 'reason'],
    ['an amount in parts of cents', { amountCents: 1.5 }, 'amountCents'],
    ['an amount below nothing', { amountCents: -1 }, 'amountCents'],
    ['an approval that is none', { approved: 'yes' }, 'approved'],
    ['a PaymentGUID that is none', { paymentGuid: `' or 1=1` }, 'paymentGuid'],
    ['a field that is not known', { status: 'paid' }, 'status'],
  ])('is not accepted with %s', async (_, wrong, field) => {
    const { id } = await held({ PaymentAmount: '2.00' });
    expect(await decide(id, 'accept', wrong)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect((await ask('GET', `/postbacks/${id}`)).body).toMatchObject({ verdict: 'held', decidedAt: null });
  });

  test('is not accepted under a PaymentGUID that stands in the books, however it is spelled', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const PaymentGUID = randomUUID();
    await postBack(postBackUrl, story.message({ PaymentGUID }));
    await postBack(postBackUrl, story.message({ PaymentGUID, PaymentAmount: '2.00' }));
    const heldId = await theHeld(id);
    expect(await decide(heldId, 'accept')).toMatchObject({ status: 409, body: { code: 'payment_guid_spent' } });
    const shouted = await decide(heldId, 'accept', { paymentGuid: PaymentGUID.toUpperCase() });
    expect(shouted).toMatchObject({ status: 409, body: { code: 'payment_guid_spent' } });
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: true });
    expect((await ask('GET', `/postbacks/${heldId}`)).body).toMatchObject({ verdict: 'held', ifAccepted: null });
  });

  test('is not accepted under the PaymentGUID of another payment, which is named', async () => {
    const story = await newStory();
    const [first, second] = [await story.openAnother(), await story.openAnother()];
    const PaymentGUID = randomUUID();
    await postBack(first.postBackUrl, story.message({ PaymentGUID, InvoiceNumber: first.InvoiceNumber }));
    await postBack(second.postBackUrl, story.message({ PaymentGUID, InvoiceNumber: second.InvoiceNumber }));
    const answer = await decide(await theHeld(second.id), 'accept');
    expect(answer).toMatchObject({ status: 409, body: { code: 'payment_guid_spent' } });
    expect(answer.body.detail).toContain(first.id);
  });

  test('and another payment’s, accepted under one PaymentGUID at the same moment, are booked as one', async () => {
    const story = await newStory();
    for (let round = 0; round < 5; round += 1) {
      const opened = [await story.openAnother(), await story.openAnother(), await story.openAnother()];
      const ids = [];
      for (const { id, postBackUrl, InvoiceNumber } of opened) {
        await postBack(postBackUrl, story.message({ InvoiceNumber, PaymentGUID: '' }));
        ids.push(await theHeld(id));
      }
      const paymentGuid = randomUUID();
      const answers = await Promise.all(ids.map((id) => decide(id, 'accept', { paymentGuid })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      for (const { body } of answers.filter(({ status }) => status === 409)) {
        expect(body.code).toBe('payment_guid_spent');
      }
      const payments = await Promise.all(opened.map(({ id }) => story.payment(id)));
      expect(payments.map(({ status }) => status).sort()).toEqual(['open', 'open', 'paid']);
    }
  });

  test('is accepted onto the payment that it came for, and no other', async () => {
    const { story, opened, id } = await held({ InvoiceNumber: 'x' });
    const other = await story.openAnother();
    expect(await decide(id, 'accept', { paymentId: other.id })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'paymentId' }] },
    });
    expect((await decide(id, 'accept', { paymentId: opened.id })).status).toBe(200);
    expect(await story.payment(opened.id)).toMatchObject(SETTLED);
    expect(await story.payment(other.id)).toMatchObject({ status: 'open' });
  });

  test('with fields of ours in it is told without them', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message({ BillbridgeStatus: 'overpaid', billbridgepaymentid: NOBODY }));
    const given = { approved: true, paymentGuid: randomUUID(), amountCents: 300 };
    expect((await decide(await theHeld(id), 'accept', given)).status).toBe(200);
    const [form] = await told(partner, 1);
    expect(form?.getAll('BillbridgeStatus')).toEqual(['paid']);
    expect(form?.get('billbridgepaymentid')).toBeNull();
  });

  test('that was accepted under a PaymentGUID spends it: what comes under it is no second payment', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const paymentGuid = randomUUID();
    await postBack(postBackUrl, story.message({ PaymentGUID: '', PaymentAmount: '3.00' }));
    const given = { paymentGuid: paymentGuid.toUpperCase() };
    expect((await decide(await theHeld(id), 'accept', given)).status).toBe(200);
    await postBack(postBackUrl, story.message({ PaymentGUID: paymentGuid }));
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, refundDueCents: 0 });
  });

  test('is decided once, also by two at the same moment', async () => {
    const { story, opened, id } = await held({ PaymentAmount: '2.00' });
    const verbs = ['accept', 'accept', 'reject', 'accept', 'reject', 'accept'] as const;
    const answers = await Promise.all(verbs.map((verb) => decide(id, verb)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'postback_decided' } });
    }
    const payment = await story.payment(opened.id);
    const [event] = (await story.eventTypes(opened.id)).slice(3);
    if (event === 'postback.accepted') expect(payment).toMatchObject({ amountPaidCents: 200 });
    else expect(payment).toMatchObject({ status: 'open', amountPaidCents: null });
    expect(payment).toMatchObject({ needsReview: false });
    for (const verb of ['accept', 'reject'] as const) expect((await decide(id, verb)).status).toBe(409);
  });

  test('that was verified when it came is not to be decided', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message());
    const [row] = await story.db.rows<{ id: string }>('select id from postbacks where payment_id = $1', [id]);
    for (const verb of ['accept', 'reject'] as const) {
      expect(await decide(row?.id ?? '', verb)).toMatchObject({ status: 409, body: { code: 'postback_decided' } });
    }
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
  });

  test('that is rejected is kept, sealed, changes nothing, and leaves the payment for the true one', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    const forged = story.message({ PaymentAmount: '0.01' });
    await postBack(postBackUrl, forged);
    const heldId = await theHeld(id);
    expect(await decide(heldId, 'reject')).toMatchObject({
      status: 200,
      body: { verdict: 'rejected', reasons: ['amount-differs'], decidedBy: 'ADMIN_KEY', decisionReason: REASON },
    });
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: false, amountPaidCents: null });
    expect(await heldOf(id)).toEqual([]);
    expect((await ask('GET', `/postbacks?verdict=rejected&paymentId=${id}`)).body.data).toMatchObject([{ id: heldId }]);
    // The same again does not come up again; the true one is taken.
    await postBack(postBackUrl, forged);
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: false });
    await postBack(postBackUrl, story.message());
    expect(await story.payment(id)).toMatchObject(SETTLED);
    expect(await story.deliveriesStored(id)).toBe(1);
    expect((await story.eventTypes(id)).slice(2)).toEqual(['postback.held', 'postback.rejected', 'payment.paid']);
  });

  test('leaves needsReview while another one waits', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message({ PaymentAmount: '1.00' }));
    await postBack(postBackUrl, story.message({ PaymentAmount: '2.00' }));
    const [one, other] = await heldOf(id);
    await decide(one.id, 'reject');
    expect(await story.payment(id)).toMatchObject({ needsReview: true });
    await decide(other.id, 'accept');
    expect(await story.payment(id)).toMatchObject({
      status: 'partially-paid',
      amountPaidCents: 200,
      needsReview: false,
    });
  });

  test('and a true message at the same moment are booked one after the other', async () => {
    const story = await newStory();
    for (let round = 0; round < 5; round += 1) {
      const { id, postBackUrl, InvoiceNumber } = await story.openAnother();
      await postBack(postBackUrl, story.message({ InvoiceNumber, PaymentAmount: '3.01' }));
      const heldId = await theHeld(id);
      const [accepted, posted] = await Promise.all([
        decide(heldId, 'accept', { amountCents: 300 }),
        postBack(postBackUrl, story.message({ InvoiceNumber })),
      ]);
      expect([accepted.status, posted]).toEqual([200, 204]);
      expect(await story.payment(id)).toMatchObject({
        status: 'duplicate-payment',
        amountPaidCents: 600,
        refundDueCents: 300,
      });
    }
  });

  test('may belong to an expired payment too', async () => {
    const { story, opened, id } = await held({ InvoiceNumber: 'x' });
    await story.db.rows(`update payments set status = 'expired' where id = $1`, [opened.id]);
    expect((await decide(id, 'accept')).status).toBe(200);
    expect(await story.payment(opened.id)).toMatchObject(SETTLED);
  });

  test('is not told to a partner who gave no address', async () => {
    const { story, opened, id } = await held({ InvoiceNumber: 'x' });
    expect((await decide(id, 'accept')).status).toBe(200);
    expect(await story.deliveriesStored(opened.id)).toBe(0);
  });
});

describe('what came to an unknown address', () => {
  test('is rejected, stands in the list, and can be accepted onto a payment', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id } = await story.open({ PostBackURL: partner.url });
    const message = story.message();
    expect(await postBack(stranger(), message)).toBe(404);
    const unknown = await unknownOf(message['PaymentGUID']);
    const shown = await ask('GET', `/postbacks/${unknown}`);
    expect(shown.body).toMatchObject({
      verdict: 'rejected',
      reasons: ['unknown-address'],
      paymentId: null,
      payment: null,
      ifAccepted: null,
    });
    for (const [given, status] of [
      [{}, 400],
      [{ paymentId: NOBODY }, 400],
      [{ paymentId: 'x' }, 400],
      [{ paymentId: id }, 200],
      [{ paymentId: id }, 409],
    ] as const) {
      const answer = await decide(unknown, 'accept', given);
      expect([given, answer.status]).toEqual([given, status]);
      if (status === 400) expect(answer.body.errors).toMatchObject([{ field: 'paymentId' }]);
    }
    expect(await story.payment(id)).toMatchObject({ ...SETTLED, paymentGuid: message['PaymentGUID'] });
    const [form] = await told(partner, 1);
    expect(form?.get('BillbridgeStatus')).toBe('paid');
    expect(await story.deliveriesStored(id)).toBe(1);
  });

  test('is listed with what money hangs on, since a time, and shows the payments that it may be about', async () => {
    const story = await newStory();
    const { id } = await story.open();
    const message = story.message();
    const from = new Date(Date.now() - 5_000).toISOString();
    await postBack(stranger(), message);
    const list = (query: string) => ask('GET', `/postbacks?verdict=rejected&withoutPayment=true&limit=100&${query}`);
    const { data } = (await list(`receivedFrom=${from}`)).body;
    const found = data.find(({ said }: Json) => said.BillerGUID === story.billerGuid);
    const { PaymentGUID, InvoiceNumber, PaymentAmount, Approved, BillerReference, BillerGUID } = message;
    const said = { PaymentGUID, InvoiceNumber, PaymentAmount, Approved, BillerReference, BillerGUID };
    expect(found).toMatchObject({ paymentId: null, reasons: ['unknown-address'], said });
    expect(found.said).toEqual(said);
    const shown = (await ask('GET', `/postbacks/${found.id}`)).body;
    expect(shown.candidates).toEqual([{ id, status: 'open', amountDueCents: 300, amountPaidCents: null }]);
    expect((await list('receivedFrom=2999-01-01T00:00:00Z')).body.data).toEqual([]);
    for (const wrong of ['receivedFrom=yesterday', 'withoutPayment=perhaps']) {
      expect((await ask('GET', `/postbacks?${wrong}`)).status).toBe(400);
    }
  });

  test('is nothing to reject', async () => {
    const story = await newStory();
    const message = story.message();
    await postBack(stranger(), message);
    expect(await decide(await unknownOf(message['PaymentGUID']), 'reject')).toMatchObject({
      status: 409,
      body: { code: 'postback_decided' },
    });
  });

  test('is not accepted onto a payment that has the same message already', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const message = story.message({ PaymentAmount: '2.00' });
    await postBack(postBackUrl, message);
    await postBack(stranger(), message);
    const unknown = await unknownOf(message['PaymentGUID']);
    expect(await decide(unknown, 'accept', { paymentId: id })).toMatchObject({
      status: 409,
      body: { code: 'postback_decided' },
    });
    // The one that waits is the one to decide.
    expect((await decide(await theHeld(id), 'accept')).status).toBe(200);
    expect(await story.payment(id)).toMatchObject({ status: 'partially-paid', amountPaidCents: 200 });
  });
});

describe('decisions', () => {
  test('are for operators and owners; auditors may look', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message({ PaymentAmount: '2.00' }));
    const heldId = await theHeld(id);
    const auditor = await newAdminKey('auditor');
    expect((await ask('GET', `/postbacks/${heldId}`, undefined, auditor)).status).toBe(200);
    expect((await heldOf(id, auditor))[0].id).toBe(heldId);
    for (const by of [auditor, { key: story.key }]) {
      for (const verb of ['accept', 'reject'] as const) expect((await decide(heldId, verb, {}, by)).status).toBe(403);
    }
    expect((await ask('GET', `/postbacks/${heldId}`, undefined, { key: story.key })).status).toBe(403);
    const operator = await newAdminKey('operator', { name: 'night shift' });
    expect(await decide(heldId, 'reject', {}, operator)).toMatchObject({
      status: 200,
      body: { decidedBy: `key ${operator.id} (night shift)` },
    });
  });

  test('about nothing are a 404', async () => {
    for (const verb of ['accept', 'reject'] as const) {
      expect(await decide(NOBODY, verb)).toMatchObject({ status: 404, body: { code: 'postback_not_found' } });
    }
    expect(await ask('GET', `/postbacks/${NOBODY}`)).toMatchObject({
      status: 404,
      body: { code: 'postback_not_found' },
    });
  });

  test('leave nothing behind when the trail can not be written', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message({ PaymentAmount: '2.00' }));
    const heldId = await theHeld(id);
    // Half a surrogate pair is no text that jsonb takes.
    const body = `{"reason":"half \\ud800"}`;
    const answer = await ask('POST', `/postbacks/${heldId}/accept`, body, {
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(await story.payment(id)).toMatchObject({ status: 'open', amountPaidCents: null, needsReview: true });
    await eventually('it can still be decided', async () => (await decide(heldId, 'reject')).status === 200);
  });
});
