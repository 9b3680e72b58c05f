import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import { admin } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver, type Delivery } from '../support/receiver.js';
import { newStory, postBack } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const headersOf = ({ headers }: Delivery) => headers as Record<string, string>;

describe('the relay', () => {
  test('posts to the partner what Invoice Cloud would have sent, unknown fields too, and signs it', async () => {
    const partner = await receiver('/ETicketsAjax/Log?partner=own&x=1');
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    const message = story.message({ NewField: 'kept', 'Another Field': 'a b&c=d' });
    await postBack(postBackUrl, message);

    const delivery = await eventually('the partner is told', () => partner.deliveries[0]);
    expect(delivery.method).toBe('POST');
    expect(delivery.url).toBe('/ETicketsAjax/Log?partner=own&x=1');
    expect(delivery.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const [theirs = '', ours = ''] = delivery.body.split('&BillbridgePaymentId=');
    expect(theirs).toBe(new URLSearchParams(message).toString());
    expect(ours).toMatch(new RegExp(`^${id}&BillbridgeStatus=paid&BillbridgeSequence=[1-9]\\d*$`));
    expect(delivery.headers).not.toHaveProperty('authorization');

    const webhook = new Webhook(story.partner.webhookSecret);
    webhook.verify(delivery.body, headersOf(delivery), { jsonParse: false });
    expect(() => webhook.verify(`${delivery.body}&a=b`, headersOf(delivery), { jsonParse: false })).toThrow();
    expect(delivery.headers['webhook-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(delivery.body).not.toContain(new URL(postBackUrl).pathname.split('/').at(-1));

    const relay = await eventually('the delivery is recorded', async () => {
      const payment = await story.payment(id);
      return payment.relay[0].status === 'delivered' && payment.relay;
    });
    expect(relay).toEqual([
      {
        id: delivery.headers['webhook-id'],
        status: 'delivered',
        attempts: 1,
        lastStatus: 204,
        lastError: null,
        nextAttemptAt: null,
        deliveredAt: expect.any(String),
      },
    ]);
  });

  test('tells of a declined payment too', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message({ Approved: 'False', PaymentMessage: 'Declined' }));
    const { body } = await eventually('the partner is told', () => partner.deliveries[0]);
    expect(new URLSearchParams(body).get('Approved')).toBe('False');
  });

  test('says nothing of what was held', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message({ PaymentAmount: '300.00' }));
    expect(await story.deliveriesStored(id)).toBe(0);
    await postBack(postBackUrl, story.message());
    await eventually('the partner is told', () => partner.deliveries.length > 0);
    expect(partner.deliveries.map(({ body }) => new URLSearchParams(body).get('PaymentAmount'))).toEqual(['3.00']);
  });

  test('delivers nothing where the request named no PostBackURL', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await postBack(postBackUrl, story.message());
    expect(await story.payment(id)).toMatchObject({ status: 'paid', relay: [] });
    expect(await story.deliveriesStored(id)).toBe(0);
  });

  test('tries again, under the same webhook-id, until the partner is back', async () => {
    const partner = await receiver();
    partner.answer(503, 500);
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    await eventually('the third attempt', () => partner.deliveries.length === 3);
    expect(new Set(partner.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(partner.deliveries.map(({ body }) => body)).size).toBe(1);
    for (const delivery of partner.deliveries) {
      new Webhook(story.partner.webhookSecret).verify(delivery.body, headersOf(delivery), { jsonParse: false });
    }
    const [relay] = await eventually('it is recorded', async () => {
      const payment = await story.payment(id);
      return payment.relay[0].status === 'delivered' && payment.relay;
    });
    expect(relay).toMatchObject({ attempts: 3, lastStatus: 204, lastError: null });
    expect(await story.payment(id)).toMatchObject({ status: 'paid' });
  });

  test('parks what the partner never takes, and keeps the reason', async () => {
    const partner = await receiver();
    partner.always(503);
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    const [relay] = await eventually('the delivery is parked', async () => {
      const payment = await story.payment(id);
      return payment.relay[0].status === 'parked' && payment.relay;
    });
    expect(relay).toMatchObject({ attempts: 4, lastStatus: 503, nextAttemptAt: null, deliveredAt: null });
    expect(relay.lastError).toContain('503');
    expect(partner.deliveries).toHaveLength(4);
  });

  test('does not follow a partner that answers with another address', async () => {
    const elsewhere = await receiver();
    const partner = await receiver();
    partner.always((response) => response.writeHead(307, { location: elsewhere.url, connection: 'close' }).end());
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    const [relay] = await eventually('the first attempt is recorded', async () => {
      const payment = await story.payment(id);
      return payment.relay[0].attempts > 0 && payment.relay;
    });
    expect(relay).toMatchObject({ lastStatus: 307, deliveredAt: null });
    expect(relay.status).not.toBe('delivered');
    expect(elsewhere.deliveries).toEqual([]);
  });

  test('takes a partner that hangs up for a failure, and a later 200 with a body for success', async () => {
    const partner = await receiver();
    partner.answer(
      (response) => response.destroy(),
      (response) => response.writeHead(200, { connection: 'close' }).end('x'.repeat(100_000)),
    );
    const story = await newStory();
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message());
    const [relay] = await eventually('it is delivered', async () => {
      const payment = await story.payment(id);
      return payment.relay[0].status === 'delivered' && payment.relay;
    });
    expect(relay).toMatchObject({ attempts: 2, lastStatus: 200 });
  });

  test('is enqueued in the transaction that records the payment: both or neither', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl });
    const partner = await receiver();
    const story = await newStory({ url: platform.url, databaseUrl });
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    const message = story.message();

    // Fails at the very end, when all that belongs to the transaction has been done.
    await story.db.rows(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`,
    );
    await story.db.rows(
      'create constraint trigger refuse after insert on deliveries deferrable initially deferred for each row execute function refuse()',
    );
    expect(await postBack(postBackUrl, message)).toBe(500);
    await story.db.rows('drop trigger refuse on deliveries');
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: false });
    expect(await story.postbackRows(id)).toEqual([]);
    expect(await story.deliveriesStored(id)).toBe(0);

    // What was not recorded was not answered with 2xx, so it comes again.
    expect(await postBack(postBackUrl, message)).toBe(204);
    await eventually('the partner is told', () => partner.deliveries.length === 1);
    expect(await story.payment(id)).toMatchObject({ status: 'paid' });
    await platform.stop();
  });

  test('goes out in seconds, not after its lease, where the database fails between its claim and its signing', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, RELAY_TIMEOUT_MS: '45000' });
    const partner = await receiver();
    const story = await newStory({ url: platform.url, databaseUrl });
    const { postBackUrl } = await story.open({ PostBackURL: partner.url });
    await story.db.rows('alter table webhook_secrets rename to webhook_secrets_away');
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    await eventually('it is claimed', async () => {
      const [row] = await story.db.rows('select 1 from deliveries where claimed_until is not null');
      return row !== undefined;
    });
    expect(partner.deliveries).toEqual([]);
    await story.db.rows('alter table webhook_secrets_away rename to webhook_secrets');
    await eventually('the partner is told', () => partner.deliveries.length === 1);
    await platform.stop();
  });

  test('is not sent where its secrets came too late for its claim, but with the next one', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, RELAY_TIMEOUT_MS: '1000' });
    const partner = await receiver();
    const story = await newStory({ url: platform.url, databaseUrl });
    const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table webhook_secrets in access exclusive mode');
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    await new Promise((done) => setTimeout(done, 6_500));
    await holder.query('rollback');
    await holder.end();
    await new Promise((done) => setTimeout(done, 1_500));
    expect(partner.deliveries).toEqual([]);
    await eventually('the partner is told', () => partner.deliveries.length === 1);
    await eventually('once', async () => (await story.payment(id)).relay[0].status === 'delivered');
    expect((await story.payment(id)).relay[0].attempts).toBe(1);
    await platform.stop();
  });

  test('verifies with the new secret after it was rolled, and no longer with the old one', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { postBackUrl } = await story.open({ PostBackURL: partner.url });
    const { webhookSecret } = await admin('POST', `/partners/${story.partner.id}/webhook-secret`, { overlapHours: 0 });
    await postBack(postBackUrl, story.message({ PaymentGUID: randomUUID() }));
    const delivery = await eventually('the partner is told', () => partner.deliveries[0]);
    new Webhook(webhookSecret).verify(delivery.body, headersOf(delivery), { jsonParse: false });
    const old = new Webhook(story.partner.webhookSecret);
    expect(() => old.verify(delivery.body, headersOf(delivery), { jsonParse: false })).toThrow();
  });
});
