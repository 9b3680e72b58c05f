import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { admin } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { stage } from '../support/stage-facts.js';
import { newStory, payByCard, postBack } from '../support/story.js';

afterAll(async () => {
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
  });

  test('4. approval failed open', async () => {
    const story = await newStory();
    for (const Approved of ['false ', 'no', 'No', '0', '1', 'Declined', 'F', 'approved', '']) {
      const { id, postBackUrl } = await story.open();
      await postBack(postBackUrl, story.message({ Approved }));
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
      const { id, postBackUrl } = await story.open({ PostBackURL: partner.url });
      const [one, two] = [story.message(), story.message()];
      const sent = [one, two, one, two, one, two].map((message) => postBack(postBackUrl, message));
      expect(new Set(await Promise.all(sent))).toEqual(new Set([204]));
      const paid = (await story.eventTypes(id)).filter((type) => type === 'payment.paid');
      expect(paid).toHaveLength(1);
      expect(await story.deliveriesStored(id)).toBe(1);
    }
  });

  test('7. a repeated postback after success was answered 404', async () => {
    const story = await newStory();
    const { postBackUrl } = await story.open();
    const message = story.message();
    const answers = [];
    for (let time = 0; time < 4; time += 1) answers.push(await postBack(postBackUrl, message));
    expect(answers).toEqual([204, 204, 204, 204]);
  });

  test('8. the token was guessable', async () => {
    const story = await newStory();
    const capabilities: string[] = [];
    for (let time = 0; time < 20; time += 1) {
      capabilities.push(new URL((await story.open()).postBackUrl).pathname.replace('/postbacks/', ''));
    }
    expect(new Set(capabilities).size).toBe(20);
    const bytes = capabilities.map((capability) => Buffer.from(capability, 'base64url'));
    for (const each of bytes) expect(each.length).toBeGreaterThanOrEqual(16);
    // No byte stands still from one to the next, as in a number or a clock it would.
    for (let at = 0; at < 16; at += 1) expect(new Set(bytes.map((each) => each[at])).size).toBeGreaterThan(5);
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

  test('10. the API key was stored in clear and shown, and could not be changed', async () => {
    const story = await newStory();
    const rows = async () =>
      story.db.rows('select sealed, k::text as whole from invoice_cloud_keys k where biller_id = $1 order by version', [
        story.billerId,
      ]);
    const [stored] = await rows();
    expect(stored?.['sealed']).toMatch(/^v1\.test\./);
    expect(stored?.['whole']).not.toContain(story.invoiceCloudKey);
    expect(JSON.stringify(await admin('GET', `/billers/${story.billerId}`))).not.toContain(story.invoiceCloudKey);
    await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: story.invoiceCloudKey });
    const [first, second] = await rows();
    // The same key sealed again: nobody can tell by the rows that it is the same.
    expect(second?.['sealed']).not.toBe(first?.['sealed']);
    expect((await story.ask()).status).toBe(201);

    // A sealed value that was moved to another biller does not open there.
    const thief = await newStory();
    await story.db.rows('update invoice_cloud_keys set sealed = $2 where biller_id = $1 and is_current', [
      thief.billerId,
      second?.['sealed'],
    ]);
    const stolen = await thief.ask();
    expect(stolen).toMatchObject({ status: 500, body: { code: 'secret_unreadable' } });
    const opened = (await story.requests()).filter(({ body }) => body !== null);
    expect(opened).toHaveLength(1);
  });
});
