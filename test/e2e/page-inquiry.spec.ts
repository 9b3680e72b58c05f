import { admin, type Json } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { askingStory, inquiries, letAsk, pay, payInSilence } from '../support/inquiry.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { decide, heldOf, REASON, theHeld, told } from '../support/postbacks.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory, postBack, type Opened, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

type Page = Opened & { readonly InvoiceNumber: string };

describe('an open payment whose page is over, of a biller who lets us ask', () => {
  let platforms: Platform[];
  let at: { url: string; databaseUrl: string };

  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    const settings = { DATABASE_URL: databaseUrl, SWEEP_SECONDS: '1' };
    // Two, which sweep the same payments.
    platforms = [await startPlatform(settings), await startPlatform(settings)];
    at = { url: platforms[0]?.url ?? '', databaseUrl };
  });
  afterAll(() => Promise.all(platforms.map((platform) => platform.stop())));

  const end = (story: Story, id: string, ago = '1 second') =>
    story.db.rows(`update payments set page_expires_at = now() - $2::interval where id = $1`, [id, ago]);
  const askedLongAgo = (story: Story, id: string) =>
    story.db.rows(`update payments set asked_at = now() - interval '11 minutes' where id = $1`, [id]);
  const isNow = (story: Story, id: string, status: string): Promise<Json> =>
    eventually(`it is ${status}`, async () => {
      const payment = await story.payment(id);
      return payment.status === status && payment;
    });
  const isHeld = (story: Story, id: string): Promise<true> =>
    eventually('it is held', async () => (await story.payment(id)).needsReview === true);
  const askedAbout = async (story: Story, { InvoiceNumber }: Page) => (await inquiries(story, InvoiceNumber)).length;
  /** Another payment of the biller that ends after all that were ended before: a sweep has then seen those too. */
  const sweptOnceMore = async (story: Story) => {
    const { id } = await story.openAnother();
    await end(story, id);
    await isNow(story, id, 'expired');
  };
  const lastEvent = async (story: Story, id: string): Promise<Json> => (await story.events(id)).at(-1);
  /** Paid at Invoice Cloud, asked about and held. */
  const heldStory = async (page: object = {}) => {
    const story = await askingStory(at);
    const opened = await story.openAnother(page);
    const paymentGuid = await payInSilence(story, opened);
    await end(story, opened.id);
    await isHeld(story, opened.id);
    return { story, ...opened, paymentGuid };
  };

  test('is expired where the invoice is owed, and asked about once though two processes look', async () => {
    const partner = await receiver();
    const story = await askingStory(at);
    const pages: Page[] = [];
    for (let n = 0; n < 12; n += 1) pages.push(await story.openAnother({ PostBackURL: partner.url }));
    await story.db.rows(`update payments set page_expires_at = now() - interval '1 second' where biller_id = $1`, [
      story.billerId,
    ]);
    for (const { id } of pages) await isNow(story, id, 'expired');
    await sweptOnceMore(story);
    for (const page of pages) {
      expect(await askedAbout(story, page)).toBe(1);
      expect(await story.eventTypes(page.id)).toEqual(['payment.opening', 'payment.open', 'payment.expired']);
      expect(await lastEvent(story, page.id)).toMatchObject({ data: { invoiceStatus: 'owed' } });
    }
    expect(partner.deliveries).toHaveLength(0);
    expect(await story.db.count('from postbacks where payment_id = any($1)', [pages.map(({ id }) => id)])).toBe(0);
  });

  test('is held where it was paid without a PostBack, and says why', async () => {
    const partner = await receiver();
    const { story, id, InvoiceNumber } = await heldStory({ PostBackURL: partner.url });
    expect(await story.payment(id)).toMatchObject({ status: 'open', amountPaidCents: null, needsReview: true });
    const held = await theHeld(id, at);
    const detail = await admin('GET', `/postbacks/${held}`, undefined, at.url);
    expect(detail).toMatchObject({
      id: held,
      paymentId: id,
      source: 'inquiry',
      verdict: 'held',
      reasons: ['paid-without-postback'],
      paymentGuid: null,
      decidedBy: null,
      payment: { id, billerId: story.billerId, status: 'open', amountDueCents: 300, amountPaidCents: null },
      ifAccepted: null,
    });
    expect(detail.comparison).toContainEqual({ field: 'InvoiceNumber', asked: InvoiceNumber, said: InvoiceNumber });
    expect(detail.comparison).toContainEqual({ field: 'BalanceDue', asked: null, said: '0.00' });
    expect(await lastEvent(story, id)).toMatchObject({
      type: 'postback.held',
      data: { reasons: ['paid-without-postback'] },
    });
    // It waits: nobody asks again, nobody is told, and it does not end.
    await askedLongAgo(story, id);
    await sweptOnceMore(story);
    expect(await inquiries(story, InvoiceNumber)).toHaveLength(1);
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: true });
    expect(partner.deliveries).toHaveLength(0);
  });

  test('is paid by the administrator, who says what the inquiry does not, and the partner is told', async () => {
    const partner = await receiver();
    const { story, id, InvoiceNumber, paymentGuid } = await heldStory({ PostBackURL: partner.url });
    const held = await theHeld(id, at);
    const without = await decide(held, 'accept', {}, at);
    expect(without.status).toBe(400);
    expect(without.body.errors.map(({ field }: Json) => field).sort()).toEqual([
      'amountCents',
      'approved',
      'paymentGuid',
    ]);
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: true });
    const said = { approved: true, paymentGuid, amountCents: 300 };
    const accepted = await decide(held, 'accept', said, at);
    expect(accepted.status).toBe(200);
    expect(accepted.body).toMatchObject({ verdict: 'verified', decidedBy: expect.any(String), decisionReason: REASON });
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
    const [form] = await told(partner, 1);
    expect(Object.fromEntries(form ?? [])).toMatchObject({
      BillerGUID: story.billerGuid,
      InvoiceNumber,
      Approved: 'True',
      PaymentGUID: (await story.payment(id)).paymentGuid,
      PaymentAmount: '3.00',
      BillbridgePaymentId: id,
      BillbridgeStatus: 'paid',
      BillbridgeSequence: '1',
    });
    expect((await decide(held, 'accept', said, at)).status).toBe(409);
  });

  test('is expired at a later sweep when the administrator rejects that, and not held again for the same', async () => {
    const { story, id, ...page } = await heldStory();
    expect((await decide(await theHeld(id, at), 'reject', {}, at)).status).toBe(200);
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: false });
    await askedLongAgo(story, id);
    await isNow(story, id, 'expired');
    expect(await askedAbout(story, { id, ...page })).toBe(2);
    expect(await heldOf(id, at)).toEqual([]);
    expect(await lastEvent(story, id)).toMatchObject({ data: { invoiceStatus: 'rejected' } });
  });

  test('is paid by a late PostBack before the decision; what was held can then only be rejected', async () => {
    const partner = await receiver();
    const { story, id, postBackUrl, InvoiceNumber, paymentGuid } = await heldStory({ PostBackURL: partner.url });
    const late = story.message({ InvoiceNumber, PaymentGUID: paymentGuid });
    expect(await postBack(postBackUrl, late)).toBe(204);
    // The inquiry still waits for somebody to look.
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: true });
    await told(partner, 1);
    const held = await theHeld(id, at);
    const again = await decide(held, 'accept', { approved: true, paymentGuid, amountCents: 300 }, at);
    expect([again.status, again.body.code]).toEqual([409, 'payment_guid_spent']);
    expect((await decide(held, 'reject', {}, at)).status).toBe(200);
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
    expect(partner.deliveries).toHaveLength(1);
  });

  test('is held where it was paid in part', async () => {
    const story = await askingStory(at);
    const page = await story.openAnother({}, { AllowPartialPayments: true });
    const { id } = page;
    await payInSilence(story, page, '1.00');
    await end(story, id);
    await isHeld(story, id);
    const { comparison } = await admin('GET', `/postbacks/${await theHeld(id, at)}`, undefined, at.url);
    expect(comparison).toContainEqual({ field: 'BalanceDue', asked: null, said: '2.00' });
  });

  test('is expired, not held, where another page of the invoice was paid and said so', async () => {
    const story = await askingStory(at);
    const first = await story.openAnother();
    const { InvoiceNumber } = first;
    const second = await story.open({ ViewMode: 0 }, {}, { InvoiceNumber });
    expect(second.id).not.toBe(first.id);
    await pay(second);
    await isNow(story, second.id, 'paid');
    await end(story, first.id);
    expect(await isNow(story, first.id, 'expired')).toMatchObject({ needsReview: false });
    expect(await lastEvent(story, first.id)).toMatchObject({ data: { invoiceStatus: 'paid-elsewhere' } });
    expect(await heldOf(first.id, at)).toEqual([]);
  });

  test('is expired where no amount was asked for, and so nothing is owed there without a payment', async () => {
    const story = await askingStory(at);
    const page = await story.openAnother({}, { BalanceDue: undefined });
    await end(story, page.id);
    expect(await isNow(story, page.id, 'expired')).toMatchObject({ amountDueCents: null, needsReview: false });
    expect(await askedAbout(story, page)).toBe(1);
  });

  test('is expired where Invoice Cloud does not know the invoice', async () => {
    const story = await askingStory(at);
    await story.steer('', 'PATCH', { soapSeesCloudPayments: false });
    const page = await story.openAnother();
    await payInSilence(story, page);
    await end(story, page.id);
    await isNow(story, page.id, 'expired');
    expect(await askedAbout(story, page)).toBe(1);
    expect(await lastEvent(story, page.id)).toMatchObject({ data: { invoiceStatus: 'not-found' } });
  });

  test('waits while Invoice Cloud does not answer, is asked about again, and given up after a day', async () => {
    const story = await askingStory(at);
    const page = await story.openAnother();
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 60_000, times: 0 });
    await end(story, page.id);
    await eventually('it is asked about', async () => (await askedAbout(story, page)) === 1);
    // Not sooner than ten minutes: the next sweeps pass it by.
    await sweepsPass(story);
    expect(await askedAbout(story, page)).toBe(1);
    expect(await story.payment(page.id)).toMatchObject({ status: 'open', needsReview: false });
    await askedLongAgo(story, page.id);
    await eventually('it is asked about again', async () => (await askedAbout(story, page)) === 2);
    await sweepsPass(story);
    expect(await story.payment(page.id)).toMatchObject({ status: 'open' });
    await end(story, page.id, '23 hours 59 minutes');
    await askedLongAgo(story, page.id);
    await eventually('and again', async () => (await askedAbout(story, page)) === 3);
    await sweepsPass(story);
    expect(await story.payment(page.id)).toMatchObject({ status: 'open' });
    await end(story, page.id, '24 hours 1 second');
    await askedLongAgo(story, page.id);
    expect(await isNow(story, page.id, 'expired')).toMatchObject({ needsReview: false });
    expect(await askedAbout(story, page)).toBe(4);
    expect(await lastEvent(story, page.id)).toMatchObject({ data: { invoiceStatus: 'not-answered' } });
  }, 60_000);

  test('is found paid when Invoice Cloud answers again', async () => {
    const story = await askingStory(at);
    const page = await story.openAnother();
    await payInSilence(story, page);
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 60_000 });
    await end(story, page.id);
    await eventually('it is asked about', async () => (await askedAbout(story, page)) === 1);
    await sweepsPass(story);
    await askedLongAgo(story, page.id);
    await isHeld(story, page.id);
    expect(await askedAbout(story, page)).toBe(2);
  });

  test('is asked about nobody while the switch is off', async () => {
    const story = await askingStory(at, { asks: false });
    const page = await story.openAnother();
    await payInSilence(story, page);
    await end(story, page.id);
    await isNow(story, page.id, 'expired');
    expect(await inquiries(story)).toEqual([]);
    expect((await lastEvent(story, page.id)).data).toEqual({});
    await letAsk(story, true, at.url);
    const next = await story.openAnother();
    await end(story, next.id);
    await isNow(story, next.id, 'expired');
    expect(await inquiries(story)).toHaveLength(1);
  });

  test('is expired without asking where the switch is on and the key is missing', async () => {
    const story = await newStory(at);
    await letAsk(story, true, at.url);
    const page = await story.openAnother();
    await end(story, page.id);
    await isNow(story, page.id, 'expired');
    expect(await inquiries(story)).toEqual([]);
    expect(await lastEvent(story, page.id)).toMatchObject({ data: { invoiceStatus: 'not-answered' } });
  });

  test('shows the Web Service Key nowhere', async () => {
    const story = await askingStory(at);
    const page = await story.openAnother();
    await end(story, page.id);
    await isNow(story, page.id, 'expired');
    for (const { said } of platforms) expect(said()).not.toMatch(/canary-/);
  });

  /** Two rounds of the sweep, seen by what another biller's payments become. */
  async function sweepsPass(story: Story): Promise<void> {
    const other = await newStory({ ...at, partner: story.partner });
    for (let n = 0; n < 2; n += 1) await sweptOnceMore(other);
  }
});
