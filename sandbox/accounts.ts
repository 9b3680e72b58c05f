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

/** What still takes money. */
export function openInvoices(account: Account): readonly Invoice[] {
  return [...account.invoices.values()].filter(
    (invoice) => invoice.balanceCents > 0 && !account.paid.has(invoice.number),
  );
}

export function balanceCents(account: Account): number {
  return openInvoices(account).reduce((sum, invoice) => sum + invoice.balanceCents, 0);
}
