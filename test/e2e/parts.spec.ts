import { admin } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { sampleRequest } from '../support/sample.js';
import { newInvoiceNumber, newStory, type Opened, postBack, type Story } from '../support/story.js';

let story: Story;
beforeAll(async () => {
  story = await newStory();
});
afterAll(closeDb);

/** An invoice that may be paid in parts, on one page after the other. */
class Invoice {
  readonly InvoiceNumber = newInvoiceNumber();

  /** Opens a page when the one before has come to its end. */
  async page(BalanceDue: number, invoice: object = {}): Promise<Opened> {
    await story.db.rows('update payments set page_expires_at = now() where invoice_number = $1', [this.InvoiceNumber]);
    return story.open({}, {}, { ...this, BalanceDue, AllowPartialPayments: true, ...invoice });
  }

  async pay(page: Opened, dollars: string): Promise<void> {
    const { InvoiceNumber } = this;
    expect(await postBack(page.postBackUrl, story.message({ InvoiceNumber, PaymentAmount: dollars }))).toBe(204);
  }
}

const expectPaid = async (page: Opened, expected: object): Promise<void> =>
  expect(await story.payment(page.id)).toMatchObject({ needsReview: false, ...expected });

describe('parts that were paid on several pages of an invoice', () => {
  test('settle it when they come to what is asked again', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    const second = await invoice.page(3);
    expect(second.view).toMatchObject({
      amountDueCents: 300,
      refundDueCents: 0,
      paidOnOtherPagesCents: 100,
      amountPaidCents: null,
    });
    expect((await story.events(second.id))[0]).toMatchObject({ data: { paidInPartsCents: 100, subtractedCents: 0 } });
    await invoice.pay(second, '0.50');
    await expectPaid(second, { status: 'partially-paid', amountPaidCents: 50, paidOnOtherPagesCents: 100 });
    await invoice.pay(second, '1.50');
    await expectPaid(second, { status: 'paid', amountPaidCents: 200, paidOnOtherPagesCents: 100, refundDueCents: 0 });
    await expectPaid(first, { status: 'partially-paid', amountPaidCents: 100 });
    const again = await story.ask(sampleRequest({}, {}, { InvoiceNumber: invoice.InvoiceNumber }));
    expect(again).toMatchObject({ status: 409, body: { code: 'invoice_already_paid' } });
    await invoice.pay(first, '1.00');
    await expectPaid(first, { status: 'duplicate-payment', refundDueCents: 100 });
  });

  test('are not counted where the partner asks for that much less', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    const second = await invoice.page(2);
    expect(second.view).toMatchObject({ amountDueCents: 200, paidOnOtherPagesCents: 0 });
    await invoice.pay(second, '2.00');
    await expectPaid(second, { status: 'paid', amountPaidCents: 200, paidOnOtherPagesCents: 0, refundDueCents: 0 });
  });

  test('count from the part on that the partner did not know of', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    await invoice.pay(first, '0.50');
    const second = await invoice.page(2);
    expect(second.view).toMatchObject({ paidOnOtherPagesCents: 50 });
    // And one that comes to the older page when the newer one is there.
    await invoice.pay(first, '0.25');
    await invoice.pay(second, '1.25');
    await expectPaid(second, { status: 'paid', paidOnOtherPagesCents: 75, refundDueCents: 0 });
  });

  test('are not counted where another amount is asked, which is a new word on what is owed', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    const second = await invoice.page(2.5);
    expect((await story.events(second.id))[0]).toMatchObject({ data: { paidInPartsCents: 100, subtractedCents: 100 } });
    await invoice.pay(second, '2.50');
    await expectPaid(second, { status: 'paid', refundDueCents: 0 });
  });

  test('make the whole on a newer page too much, by what they are', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    const second = await invoice.page(3, { AllowPartialPayments: false });
    await invoice.pay(second, '3.00');
    await expectPaid(second, { status: 'overpaid', amountPaidCents: 300, refundDueCents: 100 });
    const { receipts } = await story.payment(second.id);
    expect(receipts).toMatchObject([{ amountCents: 300, refundCents: 100 }]);
  });

  test('leave less than the least part, and that is taken', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3, { MinimumAmountDue: 1 });
    await invoice.pay(first, '2.50');
    const second = await invoice.page(3, { MinimumAmountDue: 1 });
    await invoice.pay(second, '0.50');
    await expectPaid(second, { status: 'paid' });
  });

  test('settle it once, also when they are paid on both pages at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const invoice = new Invoice();
      const first = await invoice.page(3);
      await invoice.pay(first, '0.50');
      const second = await invoice.page(3);
      await Promise.all([invoice.pay(first, '1.00'), invoice.pay(second, '1.50')]);
      const statuses = [await story.payment(first.id), await story.payment(second.id)].map(({ status }) => status);
      expect(statuses.sort()).toEqual(['paid', 'partially-paid']);
    }
  });

  test('count where an administrator is shown what accepting a held postback would do', async () => {
    const invoice = new Invoice();
    const first = await invoice.page(3);
    await invoice.pay(first, '1.00');
    const second = await invoice.page(3);
    const { InvoiceNumber } = invoice;
    const message = story.message({ InvoiceNumber, PaymentAmount: '2.50', BillerReference: 'other' });
    await postBack(second.postBackUrl, message);
    const [held] = (await admin('GET', `/postbacks?verdict=held&paymentId=${second.id}`)).data;
    const { ifAccepted } = await admin('GET', `/postbacks/${held.id}`);
    expect(ifAccepted).toEqual({ status: 'overpaid', refundCents: 50 });
    await admin('POST', `/postbacks/${held.id}/accept`, { reason: 'seen there' });
    await expectPaid(second, { status: 'overpaid', refundDueCents: 50 });
  });
});
