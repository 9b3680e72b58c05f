import { randomUUID } from 'node:crypto';
import { admin } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { newStory, postBack, type Story } from '../support/story.js';

/** As a process makes it whose clock is far ahead. */
const EARLY_BUT_GREATER = 'ffffffff-ffff-7fff-bfff-ffffffffffff';

let story: Story;
beforeAll(async () => {
  story = await newStory({ returnUrl: 'https://first.example.com/pay' });
});
afterAll(closeDb);

describe('what several processes have written is told in the order of the database', () => {
  it('events of a payment', async () => {
    const { id } = await story.openAnother();
    await story.db.rows(
      `update payment_events set id = ('ffffffff' || substr(id::text, 9))::uuid
       where payment_id = $1 and type = 'payment.opening'`,
      [id],
    );
    expect(await story.eventTypes(id)).toEqual(['payment.opening', 'payment.open']);
  });

  it('receipts of a payment', async () => {
    const { id, InvoiceNumber, postBackUrl } = await story.openAnother({}, { AllowPartialPayments: true });
    const paid = { InvoiceNumber, PaymentAmount: '1.00' };
    const guids = [randomUUID(), randomUUID()];
    for (const PaymentGUID of guids) await postBack(postBackUrl, story.message({ ...paid, PaymentGUID }));
    await story.db.rows('update receipts set id = $2 where payment_id = $1 and payment_guid = $3', [
      id,
      EARLY_BUT_GREATER,
      guids[0],
    ]);
    expect((await story.payment(id)).receipts.map(({ paymentGuid }: { paymentGuid: string }) => paymentGuid)).toEqual(
      guids,
    );
  });

  it('values of a setting', async () => {
    const path = `/billers/${story.billerId}/settings/36`;
    await story.db.rows(
      `insert into biller_setting_changes (id, biller_id, setting_id, value, set_by, set_at)
       values ($1, $2, 36, 'https://zeroth.example.com/pay', 'test', now() - interval '1 hour')`,
      [EARLY_BUT_GREATER, story.billerId],
    );
    await admin('PUT', path, { value: 'https://second.example.com/pay' });
    const { data } = await admin('GET', `${path}/history`);
    expect(data.map(({ value }: { value: string }) => value)).toEqual([
      'https://second.example.com/pay',
      'https://first.example.com/pay',
      'https://zeroth.example.com/pay',
    ]);
  });
});
