import { randomUUID } from 'node:crypto';
import { isPartlyPaid } from './accounts.js';
import { amount } from './fields.js';
import type { LedgerEntry, PaymentMethod, Reader } from './model.js';
import type { CartLine, HostedPage } from './biller.js';

/** What a payer's instrument was judged to be; see test-numbers. */
export interface Judgement {
  readonly approved: boolean;
  readonly message: string;
  readonly cardType: string;
}

/** By what, by whom and with which outcome an attempt is made. */
interface How {
  readonly method: PaymentMethod;
  readonly reader?: Reader;
  readonly judgement: Judgement;
  readonly remoteIp: string;
  readonly scenario?: string;
  /** The money of the attempt before is taken a second time: it moves, and lowers nothing. */
  readonly again?: boolean;
}

/** A line that still takes money, and how much. In cents. */
export interface Due {
  readonly line: CartLine;
  /** What a payer pays who chooses no amount. */
  readonly owedCents: number;
  readonly leastCents: number;
  /** Infinity where the biller allows paying too much. Equal to `leastCents` where the payer has no choice. */
  readonly mostCents: number;
}

/** One payment to make: what is due, and how much of it. */
export interface Part {
  readonly due: Due;
  readonly amountCents: number;
}

/** The lines that still take money: not paid by this page or any other, and not zero. */
export function dueLines(page: HostedPage): readonly Due[] {
  return page.cart.flatMap((line) => {
    const owedCents = page.removed.has(line) ? 0 : owed(page, line);
    if (owedCents === 0) return [];
    if (!line.invoice.allowPartial || line.ofBalance) {
      return [{ line, owedCents, leastCents: owedCents, mostCents: owedCents }];
    }
    const leastCents = Math.min(Math.max(line.invoice.minimumCents ?? 1, 1), owedCents);
    const mostCents = page.biller.settings.allowOverpayment ? Infinity : owedCents;
    return [{ line, owedCents, leastCents, mostCents }];
  });
}

/** True once a page's time is over. */
export function isExpired({ biller, expiresAt }: HostedPage): boolean {
  return expiresAt !== undefined && biller.clock.now() >= expiresAt;
}

function owed(page: HostedPage, line: CartLine): number {
  const { account, invoice } = line;
  if (isOpen(page, line)) {
    const known = account.invoices.get(invoice.number);
    const rest = known && isPartlyPaid(known) ? known.balanceCents : invoice.balanceCents;
    return Math.min(invoice.balanceCents, rest);
  }
  return page.biller.settings.doubleCharge ? invoice.balanceCents : 0;
}

/** Two clicks at once pay a part of a bill once, and two pages at once no more than the invoice. */
function isOpen(page: HostedPage, { account, invoice, ofBalance }: CartLine): boolean {
  if (account.paid.has(invoice.number)) return false;
  if (!ofBalance) return true;
  const paidHere = page.payments.some(
    (one) =>
      one.approved && one.invoiceNumber === invoice.number && one.accountNumber === account.customer.accountNumber,
  );
  return !paidHere && (account.invoices.get(invoice.number)?.balanceCents ?? 0) >= invoice.balanceCents;
}

/**
 * Attempts to pay, and books it. Each invoice is a payment of its own, with its own PaymentGUID and PostBack (assumed: a
 * PostBack names one invoice). Awaits nothing; called right after `dueLines`, two clicks at once pay once.
 */
export function attempt(page: HostedPage, parts: readonly Part[], how: How): readonly LedgerEntry[] {
  const entries = parts.map((part) => entryFor(page, part, how));
  page.payments.push(...entries);
  page.biller.ledger.push(...entries);
  return entries;
}

/** A payment that never was, for a PostBack that a test sends by hand: an approved card payment of the page's first line. */
export function imaginedPayment(page: HostedPage): Readonly<Record<string, string>> {
  const [line] = page.cart;
  if (!line) return {};
  const judgement = { approved: true, message: 'Approved', cardType: 'VISA' };
  const { balanceCents: amountCents } = line.invoice;
  const now = page.biller.clock.now();
  return parameters(page, {
    line,
    amountCents,
    method: 'card',
    judgement,
    remoteIp: '127.0.0.1',
    guid: randomUUID(),
    now,
  });
}

function entryFor(page: HostedPage, { due: { line, owedCents }, amountCents }: Part, how: How): LedgerEntry {
  const { method, reader, judgement, remoteIp, scenario, again = false } = how;
  const now = page.biller.clock.now();
  const paymentGuid = randomUUID();
  const duplicate = judgement.approved && (again || !isOpen(page, line));
  const entry: LedgerEntry = {
    paymentGuid,
    accountNumber: line.customer.accountNumber,
    invoiceNumber: line.invoice.number,
    amountCents,
    feeCents: page.biller.settings.serviceFeeCents,
    method,
    ...(reader && { reader }),
    approved: judgement.approved,
    message: judgement.message,
    ...(duplicate && { duplicate }),
    ...(scenario !== undefined && { scenario }),
    at: new Date(now).toISOString(),
    parameters: parameters(page, { line, amountCents, method, judgement, remoteIp, guid: paymentGuid, now }),
    postbacks: [],
  };
  if (entry.approved && !duplicate) settle(line, owedCents, entry);
  return entry;
}

/** Lowers what the invoice owes, or closes it. */
function settle({ account, invoice, ofBalance }: CartLine, owedCents: number, entry: LedgerEntry): void {
  const known = account.invoices.get(invoice.number);
  // A Cloud Payments request names an amount of its own, so that on its page the rest is counted from there.
  const rest = ofBalance ? (known?.balanceCents ?? 0) - entry.amountCents : owedCents - entry.amountCents;
  if (!known || rest <= 0) account.paid.set(invoice.number, entry);
  else
    account.invoices.set(known.number, {
      ...known,
      totalCents: Math.max(known.totalCents, owedCents),
      balanceCents: rest,
    });
}

interface Made {
  readonly line: CartLine;
  readonly amountCents: number;
  readonly method: PaymentMethod;
  readonly judgement: Judgement;
  readonly remoteIp: string;
  readonly guid: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The eighteen declared parameters. Their names are observed; their exact forms, the time zone too, are assumed. */
function parameters(page: HostedPage, made: Made): Readonly<Record<string, string>> {
  const { customer, invoice } = made.line;
  return {
    BillerGUID: page.biller.settings.guid,
    PaymentDate: paymentDate(new Date(made.now)),
    InvoiceNumber: invoice.number,
    Approved: made.judgement.approved ? 'True' : 'False',
    CustomerName: customer.name ?? '',
    CustomerAddress: customer.address ?? '',
    CustomerCity: customer.city ?? '',
    CustomerState: customer.state ?? '',
    CustomerZip: customer.zip ?? '',
    PaymentGUID: made.guid,
    PaymentAmount: amount(made.amountCents),
    PaymentDescription: `Payment of invoice ${invoice.number}`,
    PaymentTypeID: made.method === 'card' ? '1' : '2',
    CardType: made.judgement.cardType,
    PaymentMessage: made.judgement.message,
    BillerReference: page.billerReference,
    ConvenienceFee: amount(page.biller.settings.serviceFeeCents),
    RemoteIP: made.remoteIp,
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
