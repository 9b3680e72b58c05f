import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { acceptKey } from '../support/administration.js';
import { admin } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { decide, heldOf, told } from '../support/postbacks.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newStory, payByCard, postBack } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

/** The list of invoice-cloud-wire.md, by its numbers. */
describe('what the public receiver got wrong', () => {
  test('1. the postback was taken from anyone; every parameter was optional', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    // Knowing all about the payment, but not its address.
    const guessed = new URL(postBackUrl);
    for (const name of [id, '209860', story.billerGuid, Buffer.from(id).toString('base64url')]) {
      expect(await postBack(`${guessed.origin}/postbacks/${name}`, story.message())).toBe(404);
    }
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: false });
    for (const required of [
      'BillerGUID',
      'InvoiceNumber',
      'Approved',
      'PaymentGUID',
      'PaymentAmount',
      'BillerReference',
    ]) {
      const { [required]: _, ...message } = story.message();
      await postBack(postBackUrl, message);
      expect([required, (await story.payment(id)).status]).toEqual([required, 'open']);
    }
  });

  test('2. the amount credited was whatever PaymentAmount said', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    for (const PaymentAmount of ['0.01', '3000.00', '300']) {
      await postBack(postBackUrl, story.message({ PaymentAmount }));
    }
    expect(await story.payment(id)).toMatchObject({ status: 'open', amountPaidCents: null, needsReview: true });
  });

  test('3. the account credited was chosen by BillerReference in the message', async () => {
    const story = await newStory();
    const cheap = await story.open({ BillerReference: 'account-1' });
    const dear = await story.open({ BillerReference: 'account-2' });
    await postBack(cheap.postBackUrl, story.message({ BillerReference: 'account-2' }));
    expect(await story.payment(cheap.id)).toMatchObject({ status: 'open', needsReview: true });
    expect(await story.payment(dear.id)).toMatchObject({ status: 'open', needsReview: false });
    // And whatever an administrator makes of it, it is about the payment that it came for.
    const [held] = await heldOf(cheap.id);
    expect((await decide(held.id, 'accept', { paymentId: dear.id })).status).toBe(400);
    expect(await story.payment(dear.id)).toMatchObject({ status: 'open', amountPaidCents: null });
  });

  test('4. approval failed open', async () => {
    const story = await newStory();
    for (const Approved of ['false ', 'no', 'No', '0', '1', 'Declined', 'F', 'approved', '']) {
      const { id, postBackUrl, InvoiceNumber } = await story.openAnother();
      await postBack(postBackUrl, story.message({ Approved, InvoiceNumber }));
      const { status, amountPaidCents } = await story.payment(id);
      expect([Approved, ['open', 'declined'].includes(status), amountPaidCents]).toEqual([Approved, true, null]);
    }
  });

  test('5. a forged refusal deleted the record, so that the real approval was lost', async () => {
    const partner = await receiver();
    const story = await newStory();
    const { id, cloudPaymentUrl, postBackUrl } = await story.open({ PostBackURL: partner.url });
    await postBack(postBackUrl, story.message({ Approved: 'False' }));
    await postBack(postBackUrl, { Approved: 'False' });
    await payByCard(cloudPaymentUrl, 'approved');
    const [attempt] = await story.ledger();
    expect(attempt.postbacks).toMatchObject([{ status: 204 }]);
    expect(await story.payment(id)).toMatchObject({ status: 'paid', paymentGuid: attempt.paymentGuid });
    await eventually('the partner is told of the approval', () =>
      partner.deliveries.some(({ body }) => new URLSearchParams(body).get('PaymentGUID') === attempt.paymentGuid),
    );
  });

  test('6. two postbacks at once could both credit', async () => {
    const partner = await receiver();
    const story = await newStory();
    for (let round = 0; round < 5; round += 1) {
      const { id, postBackUrl, InvoiceNumber } = await story.openAnother({ PostBackURL: partner.url });
      const [one, two] = [story.message({ InvoiceNumber }), story.message({ InvoiceNumber })];
      const sent = [one, two, one, two, one, two].map((message) => postBack(postBackUrl, message));
      expect(new Set(await Promise.all(sent))).toEqual(new Set([204]));
      // Two payments were made, so both are known; one settles the invoice, the other is to be refunded.
      expect((await story.eventTypes(id)).slice(2)).toEqual(['payment.paid', 'payment.duplicate-payment']);
      expect(await story.payment(id)).toMatchObject({ amountPaidCents: 600, refundDueCents: 300 });
      expect(await story.deliveriesStored(id)).toBe(2);
    }
    const forms = await told(partner, 10);
    expect(forms.filter((form) => form.get('BillbridgeStatus') === 'paid')).toHaveLength(5);
    expect(forms.filter((form) => form.get('BillbridgeStatus') === 'duplicate-payment')).toHaveLength(5);
  });

  test('7. a repeated postback after success was answered 404', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    const message = story.message();
    const answers = [];
    for (let time = 0; time < 4; time += 1) answers.push(await postBack(postBackUrl, message));
    expect(answers).toEqual([204, 204, 204, 204]);
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
  });

  test('8. the token was guessable', async () => {
    const story = await newStory();
    const capabilities: string[] = [];
    for (let time = 0; time < 20; time += 1) {
      capabilities.push(new URL((await story.openAnother()).postBackUrl).pathname.replace('/postbacks/', ''));
    }
    expect(new Set(capabilities).size).toBe(20);
    const bytes = capabilities.map((capability) => Buffer.from(capability, 'base64url'));
    // The payment's id goes before: a clock and a count, and worth nothing by itself.
    // Behind the chance stands a stamp over both, which tells whose it is.
    for (const each of bytes) expect(each.length).toBe(16 + 32 + 16);
    // Of the rest no byte stands still from one to the next, as in a number or a clock it would.
    for (let at = 16; at < 64; at += 1) expect(new Set(bytes.map((each) => each[at])).size).toBeGreaterThan(5);
  });

  test('9. the whole message went into the log', async () => {
    const story = await newStory();
    const { postBackUrl } = await story.open();
    const name = `canary${randomUUID()}`;
    await postBack(postBackUrl, story.message({ CustomerName: name, CustomerAddress: name, CardType: name }));
    await postBack(postBackUrl, story.message({ CustomerName: name, PaymentAmount: name }));
    await story.get('');
    expect(await readFile(stage.logFile, 'utf8')).not.toContain(name);
  });

  test('10. the API key was stored in clear, shown, logged, and could not be changed; checkouts were not cleared', async () => {
    const story = await newStory();
    const rows = async () =>
      story.db.rows('select sealed, k::text as whole from invoice_cloud_keys k where biller_id = $1 order by version', [
        story.billerId,
      ]);
    const [stored] = await rows();
    expect(stored?.['sealed']).toMatch(/^v1\.test\./);
    expect(stored?.['whole']).not.toContain(story.invoiceCloudKey);

    // Shown nowhere: by its last four characters alone.
    for (const path of [`/billers/${story.billerId}`, `/billers/${story.billerId}/api-key`, '/billers']) {
      expect(JSON.stringify(await admin('GET', path))).not.toContain(story.invoiceCloudKey);
    }
    // And not in the log of a failure either.
    await story.fault({ kind: 'status', status: 401, operation: 'cloud-payments' });
    expect(await story.ask()).toMatchObject({ status: 502, body: { code: 'invoice_cloud_key_refused' } });
    expect(await readFile(stage.logFile, 'utf8')).not.toContain(story.invoiceCloudKey);

    // Rotated: Invoice Cloud takes the new key alone, and so it is the new key that is sent.
    const next = `${randomUUID()}/+${randomUUID()}==`;
    await acceptKey(story.billerGuid, next);
    await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: next });
    const [first, second] = await rows();
    expect(second?.['sealed']).not.toBe(first?.['sealed']);
    expect((await story.ask()).status).toBe(201);

    // A sealed value that was moved to another biller does not open there.
    const thief = await newStory();
    await story.db.rows('update invoice_cloud_keys set sealed = $2 where biller_id = $1 and is_current', [
      thief.billerId,
      second?.['sealed'],
    ]);
    expect(await thief.ask()).toMatchObject({ status: 500, body: { code: 'secret_unreadable' } });

    // What seals it can be replaced too, while the platform serves: encryption-keys.spec.ts. Losing it loses what it sealed,
    // and no more: an administrator sets the key anew.
    const databaseUrl = await newDatabase();
    const before = await startPlatform({ DATABASE_URL: databaseUrl });
    const lost = await newStory({ url: before.url, databaseUrl });
    const abandoned = await lost.open();
    await before.stop();
    const ring = `other:${randomBytes(32).toString('base64')}`;
    const after = await startPlatform({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: ring, SWEEP_SECONDS: '1' });
    lost.moveTo(after.url);
    const anew = sampleRequest({}, {}, { InvoiceNumber: 'anew' });
    expect(await lost.ask(anew)).toMatchObject({ status: 500, body: { code: 'secret_unreadable' } });
    const apiKey = lost.invoiceCloudKey;
    await admin('PUT', `/billers/${lost.billerId}/api-key`, { apiKey }, after.url);
    expect((await lost.ask(anew)).status).toBe(201);

    // An abandoned checkout is cleared when its page's life is over.
    expect(await lost.payment(abandoned.id)).toMatchObject({ status: 'open' });
    await lost.db.rows('update payments set page_expires_at = now() where id = $1', [abandoned.id]);
    await eventually('it is expired', async () => (await lost.payment(abandoned.id)).status === 'expired');
    await after.stop();
  });

  test('11. no deadline, no sandbox, and no test posted to the payment endpoint', async () => {
    const story = await newStory();
    // The whole exchange has a deadline, however Invoice Cloud hangs: silent, or in the middle of its answer.
    const invoiceCloud = await receiver('');
    invoiceCloud.always((response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'));
    const hanging = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    await story.fault({ kind: 'delay', ms: 60_000, operation: 'cloud-payments' });
    const asked = performance.now();
    for (const answer of await Promise.all([story.ask(), hanging.ask()])) {
      expect(answer).toMatchObject({ status: 504, body: { code: 'invoice_cloud_timeout' } });
    }
    const deadline = Number(stage.settings['INVOICE_CLOUD_TIMEOUT_MS']);
    const took = performance.now() - asked;
    expect(took).toBeGreaterThanOrEqual(deadline - 50);
    expect(took).toBeLessThan(60_000);

    // The answer that was lost is not forgotten, and the next try works.
    expect((await story.get('')).body.data).toMatchObject([{ status: 'unconfirmed' }]);
    const next = await story.ask();
    expect(next).toMatchObject({ status: 201, body: { status: 'open', reused: false } });

    // From the sandbox's hosted page to the endpoint, as a payer does it: the post is real, and so is its answer.
    expect(await payByCard(next.body.cloudPaymentUrl, 'approved')).toBeLessThan(400);
    const [attempt] = await story.ledger();
    expect(attempt.postbacks).toMatchObject([{ status: 204 }]);
    expect(await story.payment(next.body.id)).toMatchObject({ status: 'paid', paymentGuid: attempt.paymentGuid });
  });
});
