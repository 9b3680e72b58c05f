import { Webhook } from 'standardwebhooks';
import { api } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { newMy360, submit, visit } from '../../support/my360.js';
import { closeReceivers, receiver } from '../../support/receiver.js';
import { sampleRequest } from '../../support/sample.js';
import { payByCard } from '../../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const RETURN_URL = 'https://my360.example/return';

describe('the payment of an unregistered user', () => {
  test('goes to the hosted page, and is recorded and relayed as any other', async () => {
    const my360 = await newMy360({ returnUrl: RETURN_URL });
    const partner = await receiver();
    const request = sampleRequest({ PostBackURL: partner.url, CreateCustomerRecord: undefined });
    const { status, body } = await my360.ask('POST', '/one-time-payments', request);
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'open', amountDueCents: 300, invoiceNumber: '2025000158' });

    await payByCard(body.cloudPaymentUrl, 'approved');
    await my360.story.ledger();
    expect(await my360.story.payment(body.id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    expect(await my360.story.eventTypes(body.id)).toEqual(['payment.opening', 'payment.open', 'payment.paid']);
    const delivery = await eventually('My360 is told', () => partner.deliveries[0]);
    new Webhook(my360.story.partner.webhookSecret).verify(delivery.body, delivery.headers as Record<string, string>, {
      jsonParse: false,
    });
  });

  test('says CreateCustomerRecord true and setting 36 as ReturnURL to Invoice Cloud', async () => {
    const my360 = await newMy360({ returnUrl: RETURN_URL });
    for (const CreateCustomerRecord of [undefined, true]) {
      const { status } = await my360.ask('POST', '/one-time-payments', sampleRequest({ CreateCustomerRecord }));
      expect(status).toBe(201);
      expect((await my360.story.lastAsked()).body).toMatchObject({
        CreateCustomerRecord: true,
        ReturnURL: RETURN_URL,
      });
    }
    const { status } = await my360.ask('POST', '/one-time-payments', sampleRequest({ ReturnURL: RETURN_URL }));
    expect(status).toBe(201);
  });

  test.each([
    ['CreateCustomerRecord', false, true],
    ['ReturnURL', 'https://elsewhere.example/', RETURN_URL],
  ])('with another %s is refused, and Invoice Cloud is not asked', async (field, sent, allowed) => {
    const my360 = await newMy360({ returnUrl: RETURN_URL });
    const { status, body } = await my360.ask('POST', '/one-time-payments', sampleRequest({ [field]: sent }));
    expect(status).toBe(422);
    expect(body.code).toBe('policy_violation');
    expect(body.errors).toMatchObject([{ field, sent, allowed }]);
    expect(await my360.story.requests()).toEqual([]);
    expect(await my360.story.paymentsStored()).toBe(0);
  });

  test('needs setting 36, and says so', async () => {
    const my360 = await newMy360();
    const { status, body } = await my360.ask('POST', '/one-time-payments', sampleRequest());
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'setting_missing' });
    expect(body.detail).toContain('/settings/36');
    expect(await my360.story.requests()).toEqual([]);
  });

  test('can be made at the biller’s Virtual Site too', async () => {
    const my360 = await newMy360({ returnUrl: RETURN_URL });
    const accountNumber = await my360.unregistered({ balance: '12.00' });
    const { body } = await my360.ask('POST', '/one-time-payments', sampleRequest());
    const site = await visit(body.virtualSiteUrl);
    expect(site.status).toBe(200);
    const page = await submit(site, { accountNumber });
    expect(page.text).toContain('12.00');
    expect(await payByCard(page.url, 'approved')).toBe(303);
    expect(await my360.story.ledger()).toMatchObject([{ accountNumber, amountCents: 1200, approved: true }]);
  });

  test('sent twice under one Idempotency-Key opens one payment', async () => {
    const my360 = await newMy360({ returnUrl: RETURN_URL });
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const path = `${my360.path}/one-time-payments`;
    const send = () => api({ path, key: my360.story.key, body: sampleRequest(), headers });
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(201);
    expect(second.body.id).toBe(first.body.id);
    expect(second.body.virtualSiteUrl).toBe(first.body.virtualSiteUrl);
    expect(await my360.story.requests()).toHaveLength(1);
  });
});
