import { ask, newAdminKey, NOBODY } from '../../support/administration.js';
import type { Json } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { newStory, postBack, type Story } from '../../support/story.js';

afterAll(closeDb);

const refund = (id: string, body: object = { amountCents: 300, reason: 'returned in the biller portal' }, by = {}) =>
  ask('POST', `/payments/${id}/refund`, body, by);

/** A payment that was paid twice. */
async function paidTwice(story: Story): Promise<{ id: string; postBackUrl: string; InvoiceNumber: string }> {
  const opened = await story.openAnother();
  const { postBackUrl, InvoiceNumber } = opened;
  for (let time = 0; time < 2; time += 1) await postBack(postBackUrl, story.message({ InvoiceNumber }));
  return opened;
}

/** All that is due, by pages of two. */
async function allDue(): Promise<Json[]> {
  const due: Json[] = [];
  for (let cursor = ''; ;) {
    const { body } = await ask('GET', `/payments/refunds-due?limit=2${cursor}`);
    expect(body.data.length).toBeLessThanOrEqual(2);
    due.push(...body.data);
    if (!body.nextCursor) return due;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

describe('refunds', () => {
  test('that are due are listed, the newest first, each once, and of every biller', async () => {
    const [story, other] = [await newStory(), await newStory()];
    const made = [await paidTwice(story), await paidTwice(other), await paidTwice(story)];
    const none = await story.openAnother();
    await postBack(none.postBackUrl, story.message({ InvoiceNumber: none.InvoiceNumber }));
    const due = await allDue();
    const ids = due.map(({ id }) => id);
    expect([...ids].sort().reverse()).toEqual(ids);
    expect(ids.filter((id) => made.some((one) => one.id === id))).toEqual(made.map(({ id }) => id).reverse());
    expect(ids).not.toContain(none.id);
    expect(due.find(({ id }) => id === made[0]?.id)).toMatchObject({
      status: 'duplicate-payment',
      refundDueCents: 300,
      amountPaidCents: 600,
    });
  });

  test('that were made are noted once: what was paid, stays', async () => {
    const story = await newStory();
    const { id } = await paidTwice(story);
    const answer = await refund(id);
    expect(answer).toMatchObject({
      status: 200,
      body: { id, status: 'duplicate-payment', refundDueCents: 0, amountPaidCents: 600 },
    });
    expect((await story.events(id)).at(-1)).toMatchObject({ type: 'payment.refunded', data: { refundedCents: 300 } });
    expect((await allDue()).map((payment) => payment.id)).not.toContain(id);
    expect((await story.payment(id)).receipts.map(({ refundCents }: Json) => refundCents)).toEqual([0, 300]);
    expect(await refund(id)).toMatchObject({ status: 409, body: { code: 'no_refund_due' } });
  });

  test('are noted once, also by two at the same moment', async () => {
    const story = await newStory();
    const { id } = await paidTwice(story);
    const answers = await Promise.all(Array.from({ length: 5 }, () => refund(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect((await story.eventTypes(id)).filter((type) => type === 'payment.refunded')).toHaveLength(1);
  });

  test('are due again when it is paid once more', async () => {
    const story = await newStory();
    const { id, postBackUrl, InvoiceNumber } = await paidTwice(story);
    await refund(id);
    await postBack(postBackUrl, story.message({ InvoiceNumber }));
    expect(await story.payment(id)).toMatchObject({ refundDueCents: 300, amountPaidCents: 900 });
  });

  test('are refused where nothing is due, where there is no payment, and without a reason', async () => {
    const story = await newStory();
    const { id } = await story.open();
    expect(await refund(id)).toMatchObject({ status: 409, body: { code: 'no_refund_due' } });
    expect(await refund(NOBODY)).toMatchObject({ status: 404, body: { code: 'payment_not_found' } });
    expect(await refund(id, {})).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'amountCents' }, { field: 'reason' }] },
    });
    expect((await ask('GET', '/payments/refunds-due?limit=0')).status).toBe(400);
  });

  test('are noted by operators, and seen by auditors', async () => {
    const story = await newStory();
    const { id } = await paidTwice(story);
    const auditor = await newAdminKey('auditor');
    expect((await ask('GET', '/payments/refunds-due', undefined, auditor)).status).toBe(200);
    expect((await refund(id, undefined, auditor)).status).toBe(403);
    expect((await refund(id, undefined, { key: story.key })).status).toBe(403);
    expect((await refund(id, undefined, await newAdminKey('operator'))).status).toBe(200);
  });
});
