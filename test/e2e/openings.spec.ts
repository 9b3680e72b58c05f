import { randomUUID } from 'node:crypto';
import type { Answer } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { newStory, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

/** How often Invoice Cloud was asked for a page. */
const asked = async (story: Story): Promise<number> => (await story.requests()).length;

/** What must be so after several openings of one invoice at once. */
async function expectOnePage(story: Story, answers: readonly Answer[]): Promise<void> {
  const opened = answers.filter(({ status }) => status === 201);
  expect(opened.length).toBeGreaterThanOrEqual(1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(answer).toMatchObject({ status: 409, body: { code: 'invoice_being_opened' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(new Set(opened.map(({ body }) => body.id)).size).toBe(1);
  expect(new Set(opened.map(({ body }) => body.cloudPaymentUrl)).size).toBe(1);
  expect(opened.filter(({ body }) => !body.reused)).toHaveLength(1);
  expect(await asked(story)).toBe(1);
  expect(await story.paymentsStored()).toBe(1);
}

describe('the page of an invoice', () => {
  test('is opened once: the same request is answered with the same page while it lives', async () => {
    const story = await newStory();
    const first = await story.ask();
    expect(first.body).toMatchObject({ status: 'open', reused: false, supersedes: null });
    expect(Date.parse(first.body.pageExpiresAt)).toBeGreaterThan(Date.now());
    const again = await story.ask();
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ...first.body, reused: true });
    expect(await asked(story)).toBe(1);
    expect(await story.paymentsStored()).toBe(1);
    expect(await story.eventTypes(first.body.id)).toEqual(['payment.opening', 'payment.open']);
  });

  test('is the same for the drop-in route', async () => {
    const story = await newStory();
    const [first, again] = [await story.askDropIn(), await story.askDropIn()];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    expect(await asked(story)).toBe(1);
  });

  test('is not shown to another biller of the partner, which has its own', async () => {
    const story = await newStory();
    const other = await newStory({ partner: story.partner });
    const [mine, theirs] = [await story.ask(), await other.ask()];
    expect(theirs.body).toMatchObject({ reused: false });
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  test.each<[string, Record<string, string>]>([
    ['declined', { Approved: 'False' }],
    ['partially-paid', { PaymentAmount: '1.00' }],
  ])('is reused when it was %s: the payer may go on', async (status, changes) => {
    const story = await newStory();
    const body = sampleRequest({}, {}, { AllowPartialPayments: true });
    const first = await story.ask(body);
    await postBack((await story.lastAsked()).postBackUrl, story.message(changes));
    expect((await story.ask(body)).body).toMatchObject({ id: first.body.id, status, reused: true });
    expect(await asked(story)).toBe(1);
  });

  test.each<[string, object, object, object]>([
    ['amount', {}, {}, { BalanceDue: 4 }],
    ['reference', { BillerReference: 'other' }, {}, {}],
    ['address to tell', { PostBackURL: 'https://partner.example.com/other' }, {}, {}],
    ['payer', {}, { EmailAddress: 'other@example.com' }, {}],
  ])('is another one for another %s', async (_, changes, customer, invoice) => {
    const story = await newStory();
    const first = await story.ask();
    const other = await story.ask(sampleRequest(changes, customer, invoice));
    expect(other).toMatchObject({ status: 201, body: { reused: false, supersedes: null } });
    expect(other.body.id).not.toBe(first.body.id);
    expect(await asked(story)).toBe(2);
  });

  test('is another one when its life is over', async () => {
    const story = await newStory();
    const first = await story.ask();
    await story.db.rows('update payments set page_expires_at = now() where id = $1', [first.body.id]);
    const next = await story.ask();
    expect(next.body).toMatchObject({ reused: false, status: 'open', supersedes: null });
    expect(next.body.id).not.toBe(first.body.id);
  });

  test.each<[string, Record<string, string>[]]>([
    ['paid', [{}]],
    ['overpaid', [{ PaymentAmount: '4.00' }]],
    ['duplicate-payment', [{}, {}]],
  ])('is refused when the invoice is %s, naming the payment', async (status, messages) => {
    const story = await newStory();
    const body = sampleRequest({}, {}, { AllowPartialPayments: true });
    const first = await story.ask(body);
    const { postBackUrl } = await story.lastAsked();
    for (const changes of messages) await postBack(postBackUrl, story.message(changes));
    expect(await story.payment(first.body.id)).toMatchObject({ status });
    // For other terms too, and when a newer payment stands beside it.
    for (const again of [body, sampleRequest()]) {
      const answer = await story.ask(again);
      expect(answer).toMatchObject({ status: 409, body: { code: 'invoice_already_paid' } });
      expect(answer.body.detail).toContain(first.body.id);
    }
    expect(await story.askDropIn(body)).toMatchObject({ status: 409 });
    expect(await asked(story)).toBe(1);
    expect(await story.paymentsStored()).toBe(1);
  });

  test('is refused when an older payment settled the invoice after a newer page was opened', async () => {
    const story = await newStory();
    const older = await story.open();
    await story.open({ BillerReference: 'newer' });
    await postBack(older.postBackUrl, story.message());
    const answer = await story.ask(sampleRequest({ BillerReference: 'newer' }));
    expect(answer).toMatchObject({ status: 409, body: { code: 'invoice_already_paid' } });
  });

  test('is opened once by many requests at once', async () => {
    const story = await newStory();
    await story.fault({ kind: 'delay', ms: 300, operation: 'cloud-payments' });
    await expectOnePage(story, await Promise.all(Array.from({ length: 8 }, () => story.ask())));
    // Whoever was told to wait is then answered with it.
    expect((await story.ask()).body).toMatchObject({ reused: true });
    expect(await asked(story)).toBe(1);
  });

  test('is opened once by many requests at once, each with its own Idempotency-Key', async () => {
    const story = await newStory();
    await story.fault({ kind: 'delay', ms: 300, operation: 'cloud-payments' });
    const keys = Array.from({ length: 6 }, () => ({ 'idempotency-key': randomUUID() }));
    await expectOnePage(story, await Promise.all(keys.map((headers) => story.ask(sampleRequest(), headers))));
    const answers = await Promise.all(keys.map((headers) => story.ask(sampleRequest(), headers)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  });

  test('is opened once from two processes', async () => {
    const databaseUrl = await newDatabase();
    const one = await startPlatform({ DATABASE_URL: databaseUrl });
    const two = await startPlatform({ DATABASE_URL: databaseUrl });
    const story = await newStory({ url: one.url, databaseUrl });
    await story.fault({ kind: 'delay', ms: 300, operation: 'cloud-payments' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        story.moveTo(index % 2 === 0 ? one.url : two.url);
        return story.ask();
      }),
    );
    await expectOnePage(story, answers);
    await Promise.all([one.stop(), two.stop()]);
  });
});

describe('an opening whose answer was lost', () => {
  test('is unconfirmed, and the next one says which it supersedes', async () => {
    const story = await newStory();
    await story.fault({ kind: 'reset', operation: 'cloud-payments' });
    expect((await story.ask()).status).toBe(502);
    const [lost] = (await story.get('')).body.data;
    expect(lost).toMatchObject({ status: 'unconfirmed', openedAt: null, pageExpiresAt: null });
    const next = await story.ask();
    expect(next.body).toMatchObject({ status: 'open', reused: false, supersedes: lost.id });
    expect((await story.events(next.body.id))[0]).toMatchObject({
      type: 'payment.opening',
      data: { supersedes: lost.id },
    });
    // Superseded is not forgotten: both pages may be paid, and the second time is a duplicate.
    const [first, second] = (await story.requests()).map(({ body }) => body.PostBackURL);
    await postBack(second, story.message());
    await postBack(first, story.message());
    expect(await story.payment(next.body.id)).toMatchObject({ status: 'paid', refundDueCents: 0 });
    expect(await story.payment(lost.id)).toMatchObject({ status: 'duplicate-payment', refundDueCents: 300 });
  });

  test('is failed instead where Invoice Cloud refused it, and supersedes nothing', async () => {
    const story = await newStory();
    await story.fault({ kind: 'status', status: 400, operation: 'cloud-payments' });
    expect((await story.ask()).status).toBe(422);
    expect((await story.get('')).body.data).toMatchObject([{ status: 'failed' }]);
    expect((await story.ask()).body).toMatchObject({ status: 'open', supersedes: null });
  });

  test('because the process died keeps others waiting for as long as it could still answer, and is then superseded', async () => {
    const story = await newStory();
    const first = await story.ask();
    const left = (seconds: number) =>
      story.db.rows(
        `update payments set status = 'opening', opened_at = null, hosted_page_sealed = null, page_expires_at = null,
           created_at = now() - make_interval(secs => $2) where id = $1`,
        [first.body.id, seconds],
      );
    await left(10);
    expect(await story.ask()).toMatchObject({ status: 409, body: { code: 'invoice_being_opened' } });
    await left(3600);
    expect((await story.ask()).body).toMatchObject({ status: 'open', reused: false, supersedes: first.body.id });
  });
});
