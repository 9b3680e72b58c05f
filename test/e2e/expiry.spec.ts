import { randomUUID } from 'node:crypto';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { decide, theHeld, told } from '../support/postbacks.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

describe('a hosted page whose life is over', () => {
  let platforms: Platform[];
  let story: Story;

  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    const settings = { DATABASE_URL: databaseUrl, SWEEP_SECONDS: '1' };
    // Two, which sweep the same payments.
    platforms = [await startPlatform(settings), await startPlatform(settings)];
    story = await newStory({ url: platforms[0]?.url ?? '', databaseUrl });
  });
  afterAll(() => Promise.all(platforms.map((platform) => platform.stop())));

  const end = (id: string) =>
    story.db.rows(`update payments set page_expires_at = now() - interval '1 second' where id = $1`, [id]);
  const isNow = (id: string, status: string) =>
    eventually(`it is ${status}`, async () => (await story.payment(id)).status === status);
  /** One that is ended after all that were ended before it: the sweep has then seen those too. */
  const sweptOnceMore = async () => {
    const { id } = await story.openAnother();
    await end(id);
    await isNow(id, 'expired');
  };

  test('is expired, once, though two processes look, and nobody is told', async () => {
    const partner = await receiver();
    const opened = [];
    for (let n = 0; n < 6; n += 1) opened.push(await story.openAnother({ PostBackURL: partner.url }));
    for (const { id } of opened) await end(id);
    for (const { id } of opened) await isNow(id, 'expired');
    await sweptOnceMore();
    for (const { id } of opened) {
      expect(await story.eventTypes(id)).toEqual(['payment.opening', 'payment.open', 'payment.expired']);
      expect(await story.deliveriesStored(id)).toBe(0);
    }
  });

  test('is still paid by a late approval', async () => {
    const partner = await receiver();
    const { id, postBackUrl, InvoiceNumber } = await story.openAnother({ PostBackURL: partner.url });
    await end(id);
    await isNow(id, 'expired');
    expect(await postBack(postBackUrl, story.message({ InvoiceNumber }))).toBe(204);
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300, needsReview: false });
    const [form] = await told(partner, 1);
    expect(form?.get('BillbridgeStatus')).toBe('paid');
    await sweptOnceMore();
    expect(await story.payment(id)).toMatchObject({ status: 'paid' });
  });

  test('makes room for a new page of the same invoice', async () => {
    const { id, InvoiceNumber } = await story.openAnother();
    await end(id);
    await isNow(id, 'expired');
    const next = await story.open({}, {}, { InvoiceNumber });
    expect(next.view).toMatchObject({ reused: false, supersedes: null });
    expect(next.id).not.toBe(id);
  });

  test('does not end what was declined or paid in part, nor a page that still lives', async () => {
    const living = await story.openAnother();
    const declined = await story.openAnother();
    const partly = await story.openAnother({}, { AllowPartialPayments: true });
    const about = ({ InvoiceNumber }: { InvoiceNumber: string }) => ({ InvoiceNumber, PaymentGUID: randomUUID() });
    await postBack(declined.postBackUrl, story.message({ ...about(declined), Approved: 'False' }));
    await postBack(partly.postBackUrl, story.message({ ...about(partly), PaymentAmount: '1.00' }));
    await end(declined.id);
    await end(partly.id);
    await sweptOnceMore();
    expect(await story.payment(living.id)).toMatchObject({ status: 'open' });
    expect(await story.payment(declined.id)).toMatchObject({ status: 'declined' });
    expect(await story.payment(partly.id)).toMatchObject({ status: 'partially-paid' });
  });

  test('waits for the administrator while something about it is held', async () => {
    const by = { url: platforms[0]?.url ?? '' };
    const { id, postBackUrl, InvoiceNumber } = await story.openAnother();
    await postBack(postBackUrl, story.message({ InvoiceNumber, PaymentAmount: '2.00' }));
    await end(id);
    await sweptOnceMore();
    expect(await story.payment(id)).toMatchObject({ status: 'open', needsReview: true });
    expect((await decide(await theHeld(id, by), 'reject', {}, by)).status).toBe(200);
    await isNow(id, 'expired');
    expect(await story.payment(id)).toMatchObject({ needsReview: false });
  });

  test('was never told to anybody when its process died first: unconfirmed', async () => {
    const { id } = await story.openAnother();
    await story.db.rows(
      `update payments set status = 'opening', opened_at = null, hosted_page_sealed = null, page_expires_at = null,
         created_at = now() - interval '1 hour' where id = $1`,
      [id],
    );
    await isNow(id, 'unconfirmed');
    expect(await story.payment(id)).toMatchObject({ failure: { code: 'interrupted' } });
  });

  test('leaves what came to unknown addresses for a month, and no longer', async () => {
    const [platform] = platforms;
    const stranger = `${platform?.url}/postbacks/${randomUUID()}`;
    const [old, young] = [story.message(), story.message()];
    expect(await postBack(stranger, old)).toBe(404);
    expect(await postBack(stranger, young)).toBe(404);
    const kept = (guid?: string) =>
      story.db.count('from postbacks where payment_id is null and payment_guid = $1', [guid]);
    const age = (guid: string | undefined, days: number) =>
      story.db.rows(`update postbacks set received_at = now() - make_interval(days => $2) where payment_guid = $1`, [
        guid,
        days,
      ]);
    await age(young['PaymentGUID'], 29);
    await age(old['PaymentGUID'], 31);
    await eventually('the old one is gone', async () => (await kept(old['PaymentGUID'])) === 0);
    expect(await kept(young['PaymentGUID'])).toBe(1);
  });
});
