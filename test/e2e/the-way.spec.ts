import { Webhook } from 'standardwebhooks';
import { api } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { LEADSONLINE_POLICY, sampleRequest } from '../support/sample.js';
import { newStory, payByCard } from '../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

describe('a police fee', () => {
  test('is asked for, paid on the hosted page, recorded, and told to the partner', async () => {
    const partner = await receiver();
    const story = await newStory({
      cloudPayPolicy: LEADSONLINE_POLICY,
      returnUrl: 'https://portal.leadsonline.example/return',
    });

    const opened = await story.open({ PostBackURL: partner.url });
    expect(opened.view).toMatchObject({
      billerId: story.billerId,
      status: 'open',
      accountNumber: '209860',
      invoiceNumber: '2025000158',
      billerReference: '209860|12570',
      amountDueCents: 300,
      amountPaidCents: null,
      failure: null,
      needsReview: false,
    });

    const page = await fetch(opened.cloudPaymentUrl);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('2025000158');

    await payByCard(opened.cloudPaymentUrl, 'approved');
    const [attempt] = await story.ledger();
    expect(attempt.postbacks).toMatchObject([{ status: 204 }]);

    const paid = await story.payment(opened.id);
    expect(paid).toMatchObject({
      status: 'paid',
      amountPaidCents: 300,
      feeCents: 0,
      paymentGuid: attempt.paymentGuid,
      needsReview: false,
    });
    expect(Date.parse(paid.settledAt)).toBeGreaterThanOrEqual(Date.parse(paid.openedAt));
    expect(await story.eventTypes(opened.id)).toEqual(['payment.opening', 'payment.open', 'payment.paid']);

    const delivery = await eventually('the partner is told', () => partner.deliveries[0]);
    new Webhook(story.partner.webhookSecret).verify(delivery.body, delivery.headers as Record<string, string>, {
      jsonParse: false,
    });
    expect(Object.fromEntries(new URLSearchParams(delivery.body))).toEqual({
      ...attempt.parameters,
      BillbridgePaymentId: opened.id,
      BillbridgeStatus: 'paid',
      BillbridgeSequence: expect.stringMatching(/^[1-9]\d*$/),
    });
    await eventually('the delivery is recorded', async () => {
      const { relay } = await story.payment(opened.id);
      return relay[0].status === 'delivered' && relay[0].id === delivery.headers['webhook-id'];
    });
  });

  test('is refused by the bank, tried again on the same page, and paid', async () => {
    const partner = await receiver();
    const story = await newStory();
    const opened = await story.open({ PostBackURL: partner.url });

    await payByCard(opened.cloudPaymentUrl, 'declined');
    await story.ledger();
    expect(await story.payment(opened.id)).toMatchObject({
      status: 'declined',
      amountPaidCents: null,
      settledAt: null,
    });

    await payByCard(opened.cloudPaymentUrl, 'approved');
    await story.ledger();
    expect(await story.payment(opened.id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    await eventually('the partner is told of both', () => partner.deliveries.length === 2);
    const told = partner.deliveries.map(({ body }) => new URLSearchParams(body).get('Approved'));
    expect(told.sort()).toEqual(['False', 'True']);
  });

  test('is paid with Invoice Cloud’s own fee on top, which is kept apart from the amount', async () => {
    const story = await newStory({ serviceFee: '1.75' });
    const opened = await story.open();
    await payByCard(opened.cloudPaymentUrl, 'approved');
    await story.ledger();
    expect(await story.payment(opened.id)).toMatchObject({ status: 'paid', amountPaidCents: 300, feeCents: 175 });
  });

  test('comes through the drop-in route of an existing client in just the same way', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { status, body } = await story.askDropIn(sampleRequest({ PostBackURL: partner.url }));
    expect(status).toBe(200);
    await payByCard(body.Data.CloudPaymentURL, 'approved');
    await story.ledger();
    const list = await api({ path: story.path, key: story.key });
    expect(list.body.data).toMatchObject([{ status: 'paid', amountPaidCents: 300 }]);
    await eventually('the partner is told', () => partner.deliveries.length === 1);
  });
});
