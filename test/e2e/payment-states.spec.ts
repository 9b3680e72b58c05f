import { randomUUID } from 'node:crypto';
import { closeDb } from '../support/db.js';
import { heldOf, told } from '../support/postbacks.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const IN_PARTS = { AllowPartialPayments: true };

/** Sends an amount under a new PaymentGUID. @returns the PaymentGUID */
async function pay(
  story: Story,
  postBackUrl: string,
  PaymentAmount: string,
  changes: Record<string, string> = {},
): Promise<string> {
  const PaymentGUID = randomUUID();
  expect(await postBack(postBackUrl, story.message({ PaymentGUID, PaymentAmount, ...changes }))).toBe(204);
  return PaymentGUID;
}

/** As the process left it, or the sweep made it. */
const become = (story: Story, id: string, status: string) =>
  story.db.rows('update payments set status = $2 where id = $1', [id, status]);

describe('an invoice that is paid', () => {
  test('in parts is partially-paid, then paid, with a receipt for each', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url }, {}, IN_PARTS);
    const one = await pay(story, postBackUrl, '1.00', { ConvenienceFee: '0.10' });
    const [first] = await told(partner, 1);
    expect(first?.get('BillbridgeStatus')).toBe('partially-paid');
    const partly = await story.payment(id);
    expect(partly).toMatchObject({
      status: 'partially-paid',
      amountPaidCents: 100,
      feeCents: 10,
      refundDueCents: 0,
      paymentGuid: one,
      needsReview: false,
    });
    const other = await pay(story, postBackUrl, '2.00', { ConvenienceFee: '0.15' });
    expect(await story.payment(id)).toMatchObject({
      status: 'paid',
      amountPaidCents: 300,
      feeCents: 25,
      refundDueCents: 0,
      paymentGuid: one,
      settledAt: partly.settledAt,
      receipts: [
        { paymentGuid: one, amountCents: 100, feeCents: 10, refundCents: 0, createdAt: expect.any(String) },
        { paymentGuid: other, amountCents: 200, feeCents: 15, refundCents: 0, createdAt: expect.any(String) },
      ],
    });
    expect((await story.eventTypes(id)).slice(2)).toEqual(['payment.partially-paid', 'payment.paid']);
    const statuses = (await told(partner, 2)).map((form) => form.get('BillbridgeStatus'));
    expect(statuses).toEqual(['partially-paid', 'paid']);
  });

  test('in parts from many connections at once loses none of them', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open({}, {}, IN_PARTS);
    await Promise.all(Array.from({ length: 10 }, () => pay(story, postBackUrl, '0.30')));
    const payment = await story.payment(id);
    expect(payment).toMatchObject({ status: 'paid', amountPaidCents: 300, refundDueCents: 0 });
    expect(payment.receipts).toHaveLength(10);
  });

  test('in parts, where that was not asked for, is held', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open({}, {}, { AllowPartialPayments: false, MinimumAmountDue: 1 });
    await pay(story, postBackUrl, '1.00');
    expect(await story.payment(id)).toMatchObject({ status: 'open', amountPaidCents: null, needsReview: true });
    expect(await heldOf(id)).toMatchObject([{ reasons: ['amount-differs'] }]);
  });

  test('in parts below the minimum is held, but for the rest of it', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open({}, {}, { ...IN_PARTS, MinimumAmountDue: 2 });
    await pay(story, postBackUrl, '1.99');
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: true });
    await pay(story, postBackUrl, '2.00');
    expect(await story.payment(id)).toMatchObject({ status: 'partially-paid', amountPaidCents: 200 });
    await pay(story, postBackUrl, '0.99');
    expect(await story.payment(id)).toMatchObject({ status: 'partially-paid', amountPaidCents: 200 });
    expect((await heldOf(id)).map(({ reasons }) => reasons)).toEqual([
      ['amount-below-minimum'],
      ['amount-below-minimum'],
    ]);
    await pay(story, postBackUrl, '1.00');
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, refundDueCents: 0 });
  });

  test('by nothing at all is held, also where parts are allowed', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open({}, {}, IN_PARTS);
    await pay(story, postBackUrl, '0.00');
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: true });
  });

  test.each([
    ['at once', ['4.00'], 400, 100],
    ['with the last part', ['2.00', '2.50'], 450, 150],
    ['by a part and then the whole', ['1.00', '3.00'], 400, 100],
  ])('too much %s is overpaid, and the rest is to be refunded', async (_, amounts, amountPaidCents, refundDueCents) => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url }, {}, IN_PARTS);
    for (const amount of amounts) await pay(story, postBackUrl, amount);
    const payment = await story.payment(id);
    expect(payment).toMatchObject({ status: 'overpaid', amountPaidCents, refundDueCents, needsReview: false });
    expect(payment.receipts.at(-1)).toMatchObject({ refundCents: refundDueCents });
    const [last] = (await told(partner, amounts.length)).filter((form) => form.get('BillbridgeStatus') === 'overpaid');
    expect(last?.get('PaymentAmount')).toBe(amounts.at(-1));
    // And once more: all of that is too much.
    await pay(story, postBackUrl, '3.00');
    expect(await story.payment(id)).toMatchObject({
      status: 'duplicate-payment',
      amountPaidCents: amountPaidCents + 300,
      refundDueCents: refundDueCents + 300,
    });
  });

  test('too much, where parts are not allowed, is held', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await pay(story, postBackUrl, '3.01');
    expect(await story.payment(id)).toMatchObject({ status: 'open', refundDueCents: 0, needsReview: true });
  });

  describe('twice', () => {
    test('on one page is a duplicate, and the partner is told that it is one', async () => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      const first = await pay(story, postBackUrl, '3.00');
      const second = await pay(story, postBackUrl, '3.00');
      expect(await story.payment(id)).toMatchObject({
        status: 'duplicate-payment',
        amountPaidCents: 600,
        refundDueCents: 300,
        paymentGuid: first,
        needsReview: false,
      });
      const forms = await told(partner, 2);
      const byGuid = new Map(forms.map((form) => [form.get('PaymentGUID'), form.get('BillbridgeStatus')]));
      expect(byGuid.get(first)).toBe('paid');
      expect(byGuid.get(second)).toBe('duplicate-payment');
      expect((await story.events(id)).at(-1)).toMatchObject({
        type: 'payment.duplicate-payment',
        data: { paymentGuid: second, refundDueCents: 300 },
      });
    });

    test('on two pages is a duplicate of the second', async () => {
      const partner = await receiver();
      const story = await newStory();
      const one = await story.open({ PostBackURL: partner.url, BillerReference: 'one' });
      const two = await story.open({ PostBackURL: partner.url, BillerReference: 'two' });
      await pay(story, two.postBackUrl, '3.00', { BillerReference: 'two' });
      await pay(story, one.postBackUrl, '3.00', { BillerReference: 'one' });
      expect(await story.payment(two.id)).toMatchObject({ status: 'paid', refundDueCents: 0 });
      expect(await story.payment(one.id)).toMatchObject({
        status: 'duplicate-payment',
        amountPaidCents: 300,
        refundDueCents: 300,
      });
      const byPayment = new Map(
        (await told(partner, 2)).map((form) => [form.get('BillbridgePaymentId'), form.get('BillbridgeStatus')]),
      );
      expect([byPayment.get(two.id), byPayment.get(one.id)]).toEqual(['paid', 'duplicate-payment']);
    });

    test('on two pages at the same moment is paid once', async () => {
      const story = await newStory();
      for (let round = 0; round < 8; round += 1) {
        const { InvoiceNumber, ...one } = await story.openAnother({ BillerReference: 'one' });
        const two = await story.open({ BillerReference: 'two' }, {}, { InvoiceNumber });
        await Promise.all([
          pay(story, one.postBackUrl, '3.00', { InvoiceNumber, BillerReference: 'one' }),
          pay(story, two.postBackUrl, '3.00', { InvoiceNumber, BillerReference: 'two' }),
        ]);
        const both = await Promise.all([one, two].map(({ id }) => story.payment(id)));
        expect(both.map(({ status }) => status).sort()).toEqual(['duplicate-payment', 'paid']);
        expect(both.map(({ refundDueCents }) => refundDueCents).sort()).toEqual([0, 300]);
      }
    });

    test('is no duplicate when it is another account’s, or another biller’s, invoice of the same number', async () => {
      const story = await newStory();
      const other = await newStory({ partner: story.partner });
      const mine = await story.open();
      const theirs = await story.open({}, { AccountNumber: 'another' });
      const elsewhere = await other.open();
      await pay(story, mine.postBackUrl, '3.00');
      await pay(story, theirs.postBackUrl, '3.00');
      await pay(other, elsewhere.postBackUrl, '3.00');
      expect(await story.payment(mine.id)).toMatchObject({ status: 'paid', refundDueCents: 0 });
      expect(await story.payment(theirs.id)).toMatchObject({ status: 'paid', refundDueCents: 0 });
      expect(await other.payment(elsewhere.id)).toMatchObject({ status: 'paid', refundDueCents: 0 });
    });

    test('is a receipt of each biller, when two billers name the same PaymentGUID', async () => {
      const [story, other] = [await newStory(), await newStory()];
      const [mine, theirs] = [await story.open(), await other.open()];
      const PaymentGUID = randomUUID();
      await pay(story, mine.postBackUrl, '3.00', { PaymentGUID });
      await pay(other, theirs.postBackUrl, '3.00', { PaymentGUID });
      expect(await other.payment(theirs.id)).toMatchObject({ status: 'paid', paymentGuid: PaymentGUID });
    });
  });
});

describe('a refusal', () => {
  test.each(['open', 'opening', 'failed', 'unconfirmed', 'expired', 'declined'])(
    'makes %s declined',
    async (status) => {
      const partner = await receiver();
      const story = await newStory();
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      await become(story, id, status);
      await pay(story, postBackUrl, '3.00', { Approved: 'False' });
      expect(await story.payment(id)).toMatchObject({ status: 'declined', amountPaidCents: null, receipts: [] });
      const [form] = await told(partner, 1);
      expect(form?.get('BillbridgeStatus')).toBe('declined');
    },
  );

  test.each([
    ['partially-paid', ['1.00']],
    ['paid', ['3.00']],
    ['overpaid', ['4.00']],
    ['duplicate-payment', ['3.00', '3.00']],
  ])('after money has moved leaves %s as it is, and is an alert', async (status, amounts) => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url }, {}, IN_PARTS);
    for (const amount of amounts) await pay(story, postBackUrl, amount);
    const { relay: _, ...before } = await story.payment(id);
    expect(before.status).toBe(status);
    const refused = await pay(story, postBackUrl, '3.00', { Approved: 'False' });
    expect(await story.payment(id)).toMatchObject(before);
    expect((await story.events(id)).at(-1)).toMatchObject({
      type: 'payment.alert',
      data: { reason: 'refusal-after-approval', paymentGuid: refused },
    });
    expect(await story.deliveriesStored(id)).toBe(amounts.length);
    expect(await heldOf(id)).toEqual([]);
  });

  test('of the very PaymentGUID that was approved takes nothing back', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const PaymentGUID = await pay(story, postBackUrl, '3.00');
    await pay(story, postBackUrl, '3.00', { PaymentGUID, Approved: 'False' });
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
    expect((await story.eventTypes(id)).at(-1)).toBe('payment.alert');
  });
});

describe('a late approval', () => {
  test.each(['open', 'opening', 'failed', 'unconfirmed', 'expired', 'declined'])('makes %s paid', async (status) => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await become(story, id, status);
    await pay(story, postBackUrl, '3.00');
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
    const [form] = await told(partner, 1);
    expect(form?.get('BillbridgeStatus')).toBe('paid');
  });
});
