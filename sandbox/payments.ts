import { randomUUID } from 'node:crypto';
import { amount } from './fields.js';
import type { LedgerEntry, PaymentMethod } from './model.js';
import type { CartLine, HostedPage } from './biller.js';

/** What a payer's instrument was judged to be; see test-numbers. */
export interface Judgement {
  readonly approved: boolean;
  readonly message: string;
  readonly cardType: string;
}

/** The lines that still take money: not paid by this page or any other, and not zero. */
export function payable(page: HostedPage): readonly CartLine[] {
  return page.cart.filter(
    (line) => line.invoice.balanceCents > 0 && !line.account.paid.has(line.invoice.number) && isStillOwed(page, line),
  );
}

/** Two clicks at once pay a part once, and two pages at once no more than the invoice. */
function isStillOwed(page: HostedPage, { account, invoice, ofBalance }: CartLine): boolean {
  if (!ofBalance) return true;
  const paidHere = page.payments.some(
    (one) =>
      one.approved && one.invoiceNumber === invoice.number && one.accountNumber === account.customer.accountNumber,
  );
  return !paidHere && (account.invoices.get(invoice.number)?.balanceCents ?? 0) >= invoice.balanceCents;
}

/**
 * Attempts to pay every open line, and books it. Each invoice is a payment of its own, with its own PaymentGUID and
 * PostBack (assumed: a PostBack names one invoice). Does not await anything, so that two clicks at once pay once.
 */
export function attempt(
  page: HostedPage,
  method: PaymentMethod,
  judgement: Judgement,
  remoteIp: string,
): readonly LedgerEntry[] {
  const entries = payable(page).map((line) => entryFor(page, line, method, judgement, remoteIp));
  page.payments.push(...entries);
  page.biller.ledger.push(...entries);
  return entries;
}

/** A payment that never was, for a PostBack that a test sends by hand: an approved card payment of the page's first line. */
export function imaginedPayment(page: HostedPage): Readonly<Record<string, string>> {
  const [line] = page.cart;
  const judgement = { approved: true, message: 'Approved', cardType: 'VISA' };
  return line ? parameters(page, line, 'card', judgement, '127.0.0.1', randomUUID(), new Date()) : {};
}

function entryFor(
  page: HostedPage,
  line: CartLine,
  method: PaymentMethod,
  judgement: Judgement,
  remoteIp: string,
): LedgerEntry {
  const now = new Date();
  const paymentGuid = randomUUID();
  const entry: LedgerEntry = {
    paymentGuid,
    accountNumber: line.customer.accountNumber,
    invoiceNumber: line.invoice.number,
    amountCents: line.invoice.balanceCents,
    feeCents: page.biller.settings.serviceFeeCents,
    method,
    approved: judgement.approved,
    message: judgement.message,
    at: now.toISOString(),
    parameters: parameters(page, line, method, judgement, remoteIp, paymentGuid, now),
    postbacks: [],
  };
  if (entry.approved) settle(line, entry);
  return entry;
}

function settle({ account, invoice, ofBalance }: CartLine, entry: LedgerEntry): void {
  const owed = account.invoices.get(invoice.number);
  const rest = (owed?.balanceCents ?? 0) - entry.amountCents;
  if (ofBalance && owed && rest > 0) account.invoices.set(owed.number, { ...owed, balanceCents: rest });
  else account.paid.set(invoice.number, entry);
}

/** The eighteen declared parameters. Their names are observed; their exact forms, the time zone too, are assumed. */
function parameters(
  page: HostedPage,
  { customer, invoice }: CartLine,
  method: PaymentMethod,
  judgement: Judgement,
  remoteIp: string,
  paymentGuid: string,
  now: Date,
): Readonly<Record<string, string>> {
  return {
    BillerGUID: page.biller.settings.guid,
    PaymentDate: paymentDate(now),
    InvoiceNumber: invoice.number,
    Approved: judgement.approved ? 'True' : 'False',
    CustomerName: customer.name ?? '',
    CustomerAddress: customer.address ?? '',
    CustomerCity: customer.city ?? '',
    CustomerState: customer.state ?? '',
    CustomerZip: customer.zip ?? '',
    PaymentGUID: paymentGuid,
    PaymentAmount: amount(invoice.balanceCents),
    PaymentDescription: `Payment of invoice ${invoice.number}`,
    PaymentTypeID: method === 'card' ? '1' : '2',
    CardType: judgement.cardType,
    PaymentMessage: judgement.message,
    BillerReference: page.billerReference,
    ConvenienceFee: amount(page.biller.settings.serviceFeeCents),
    RemoteIP: remoteIp,
  };
}

/** M/d/yyyy h:mm:ss tt in UTC. Not by Intl, which puts a narrow no-break space before AM and PM. */
function paymentDate(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = now.getUTCHours();
  const day = `${now.getUTCMonth() + 1}/${now.getUTCDate()}/${now.getUTCFullYear()}`;
  const time = `${hour % 12 || 12}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
  return `${day} ${time} ${hour < 12 ? 'AM' : 'PM'}`;
}
