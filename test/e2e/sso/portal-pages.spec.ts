import type { Json } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { launch, type My360, newMy360, submit, type User } from '../../support/my360.js';

afterAll(closeDb);

const TEST_CARD = { cardNumber: '4111 1111 1111 1112', expiry: '12/39', securityCode: '123' };

/** A signed-in user in My360's iframe. */
class Visitor {
  constructor(
    readonly my360: My360,
    readonly user: User,
  ) {}

  static async arrive(customer: object = { balance: '42.50' }): Promise<Visitor> {
    const my360 = await newMy360();
    return new Visitor(my360, await my360.user(customer));
  }

  async open(page: string) {
    return launch(await this.my360.launchUrl(this.user, { page }));
  }

  async storeCard(): Promise<string> {
    await submit(await this.open('payment-options'), { ...TEST_CARD, action: 'add-card' });
    return (await this.atInvoiceCloud()).methods[0].id;
  }

  atInvoiceCloud(): Promise<Json> {
    return this.my360.cloudUser(this.user.email);
  }
}

describe('a registered user, through the launch URL,', () => {
  test('pays a bill in the Recent Bill Listing', async () => {
    const visitor = await Visitor.arrive();
    const bills = await visitor.open('recent-bills');
    expect(bills.text).toContain(`${visitor.user.accountNumber}-1`);
    const hosted = await submit(bills);
    expect(hosted.text).toContain('42.50');
    const receipt = await submit(hosted, { ...TEST_CARD });
    expect(receipt.status).toBe(200);
    expect(receipt.text).toContain('Confirmation number');
    const [customer] = (await visitor.my360.state()).customers;
    expect(customer).toMatchObject({ balance: '0.00', invoices: [{ paid: true }] });
    expect(await visitor.my360.story.ledger()).toMatchObject([{ approved: true, amountCents: 4250 }]);
  });

  test('pays a part of each of two bills', async () => {
    const invoices = [
      { invoiceNumber: 'A', balanceDue: '10.00' },
      { invoiceNumber: 'B', balanceDue: '20.00' },
    ];
    const visitor = await Visitor.arrive({ invoices });
    const bills = await visitor.open('recent-bills');
    const { accountNumber } = visitor.user;
    const chosen = new URLSearchParams();
    for (const invoice of ['A', 'B']) {
      chosen.append('invoice', `${accountNumber}/${invoice}`);
      chosen.append(`amount:${accountNumber}/${invoice}`, '4.00');
    }
    const hosted = await fetch(bills.url, { method: 'POST', body: chosen });
    await submit({ url: hosted.url, status: hosted.status, text: await hosted.text() }, TEST_CARD);
    expect(await visitor.my360.story.ledger()).toMatchObject([
      { invoiceNumber: 'A', amountCents: 400 },
      { invoiceNumber: 'B', amountCents: 400 },
    ]);
    expect((await visitor.my360.state()).customers[0].balance).toBe('22.00');
  });

  test('schedules a payment, moves it and cancels it', async () => {
    const visitor = await Visitor.arrive();
    const method = await visitor.storeCard();
    const scheduled = await visitor.open('scheduled-payments');
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const { accountNumber } = visitor.user;
    const invoice = `${accountNumber}/${accountNumber}-1`;
    const made = await submit(scheduled, { action: 'schedule', invoice, method, date: day(3) });
    expect((await visitor.atInvoiceCloud()).scheduled).toMatchObject([{ date: day(3), amountCents: 4250 }]);
    const moved = await submit(made, { action: 'update', date: day(5) });
    expect((await visitor.atInvoiceCloud()).scheduled).toMatchObject([{ date: day(5) }]);
    await submit(moved, { action: 'cancel', date: day(5) });
    expect((await visitor.atInvoiceCloud()).scheduled).toEqual([]);
  });

  test('goes paperless, and back', async () => {
    const visitor = await Visitor.arrive();
    const enrolled = await submit(await visitor.open('paperless'), { action: 'enroll' });
    expect((await visitor.my360.state()).customers[0].paperless).toBe(true);
    await submit(enrolled, { action: 'unenroll' });
    expect((await visitor.my360.state()).customers[0].paperless).toBe(false);
  });

  test('enrolls in AutoPay, and stops it', async () => {
    const visitor = await Visitor.arrive();
    const method = await visitor.storeCard();
    const enrolled = await submit(await visitor.open('autopay'), { action: 'enroll', method });
    expect((await visitor.my360.state()).customers[0].autopay).toBe(method);
    await submit(enrolled, { action: 'unenroll' });
    expect((await visitor.my360.state()).customers[0].autopay).toBeNull();
  });

  test('stores a payment method, and removes it', async () => {
    const visitor = await Visitor.arrive();
    const method = await visitor.storeCard();
    expect((await visitor.atInvoiceCloud()).methods).toEqual([{ id: method, brand: 'VISA', lastFour: '1112' }]);
    await submit(await visitor.open('payment-options'), { action: 'remove', method });
    expect((await visitor.atInvoiceCloud()).methods).toEqual([]);
  });

  test('finds no way to change the password there', async () => {
    const visitor = await Visitor.arrive();
    for (const page of ['recent-bills', 'scheduled-payments', 'paperless', 'autopay', 'payment-options']) {
      const { status, text } = await visitor.open(page);
      expect(status).toBe(200);
      expect(text).not.toMatch(/type="password"|name="[^"]*password/i);
    }
    expect((await visitor.atInvoiceCloud()).passwordChanges).toBe(0);
  });
});
