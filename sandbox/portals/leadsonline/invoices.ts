import type { Delivery } from '../shared/deliveries.js';

/** What a business owes a police department, and what we know of its payment. */
export interface Invoice {
  readonly number: string;
  readonly description: string;
  readonly amountCents: number;
  status: 'unpaid' | 'open' | 'declined' | 'paid';
  /** The platform's id, once a page was opened. */
  paymentId?: string;
  /** The message of the relay that the status comes from. */
  told?: { readonly at: Date; readonly webhookId: string; readonly message: string; readonly paidCents: number };
}

/** The business that is signed in at LeadsOnline. Invented. */
export const BUSINESS = {
  accountNumber: '209860',
  name: 'Copper Kettle Trading',
  address: '100 Main Street',
  city: 'Sampleton',
  state: 'Arizona',
  zip: '85000',
  email: 'desk@copper-kettle.example.com',
} as const;

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September'];
const MOST = 30;

/** Invoices are in memory: they go when the portal stops. Their numbers are new at each start. */
export class Invoices {
  private readonly all: Invoice[] = [];
  private readonly prefix = `${new Date().getFullYear()}${String(Date.now() % 1_000_000).padStart(6, '0')}`;

  constructor() {
    for (let count = 0; count < 4; count += 1) this.add();
  }

  list(): readonly Invoice[] {
    return this.all;
  }

  find(number: string): Invoice | undefined {
    return this.all.find((invoice) => invoice.number === number);
  }

  /** One more to play with. */
  add(): void {
    if (this.all.length >= MOST) return;
    const count = this.all.length;
    const tickets = 12 + ((count * 7) % 30);
    this.all.push({
      number: `${this.prefix}${String(count + 1).padStart(2, '0')}`,
      description: `E-Tickets, ${MONTHS[count % MONTHS.length]}: ${tickets} at $0.25`,
      amountCents: tickets * 25,
      status: 'unpaid',
    });
  }

  opened(invoice: Invoice, paymentId: string): void {
    invoice.paymentId = paymentId;
    // The payer may have been quicker than the platform's answer.
    if (invoice.status === 'unpaid') invoice.status = 'open';
  }

  /**
   * The only place where an invoice becomes paid: a message of the relay whose signature was verified. The platform has compared it
   * with what we asked for, so that invoice, reference and amount are those of our request.
   */
  told({ fields, at, id }: Delivery): void {
    const invoice = this.find(fields.get('InvoiceNumber') ?? '');
    // Paid stays paid, whatever a message that was late on its way says.
    if (!invoice || invoice.status === 'paid') return;
    invoice.status = fields.get('Approved') === 'True' ? 'paid' : 'declined';
    const message = fields.get('PaymentMessage') ?? '';
    invoice.told = { at, webhookId: id, message, paidCents: Math.round(Number(fields.get('PaymentAmount')) * 100) };
  }
}
