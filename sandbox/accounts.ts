import { randomUUID } from 'node:crypto';
import type { Account, Customer, Invoice } from './model.js';
import type { Biller } from './biller.js';

/** The account with this number, made where there was none. */
export function openAccount(biller: Biller, customer: Customer): Account {
  const account: Account = biller.accounts.get(customer.accountNumber) ?? {
    guid: randomUUID(),
    customer,
    invoices: new Map(),
    paid: new Map(),
  };
  biller.accounts.set(customer.accountNumber, account);
  return account;
}

export function accountByGuid(biller: Biller, guid: string): Account | undefined {
  return [...biller.accounts.values()].find((account) => account.guid === guid.toLowerCase());
}

/** Adds or replaces an invoice. Numbers need not be unique among accounts; SOAP, which has no account, sees the last one. */
export function putInvoice(biller: Biller, account: Account, invoice: Invoice): void {
  account.invoices.set(invoice.number, invoice);
  biller.invoiceHolders.set(invoice.number, account);
}

/** True once a part of it was paid, and not the whole. */
export function isPartlyPaid(invoice: Invoice): boolean {
  return invoice.balanceCents > 0 && invoice.balanceCents < invoice.totalCents;
}

/** What still takes money. */
export function openInvoices(account: Account): readonly Invoice[] {
  return [...account.invoices.values()].filter(
    (invoice) => invoice.balanceCents > 0 && !account.paid.has(invoice.number),
  );
}

export function balanceCents(account: Account): number {
  return openInvoices(account).reduce((sum, invoice) => sum + invoice.balanceCents, 0);
}
