import { openInvoices } from './accounts.js';
import { Refusal, amount, parseCents, shownDay } from './fields.js';
import { html, money, type Html, type Value } from './html.js';
import { table } from './table.js';
import { visitPath, type Section } from './visit-layout.js';
import type { Visit } from './visits.js';
import type { Account, Invoice } from './model.js';
import type { CartLine } from './biller.js';
import type { Store } from './store.js';

/** One open invoice of the visitor's, and the value by which forms name it. */
export interface Bill {
  readonly key: string;
  readonly account: Account;
  readonly invoice: Invoice;
}

export function billsOf({ user }: Visit): readonly Bill[] {
  return user.accounts.flatMap((account) =>
    openInvoices(account).map((invoice) => ({
      key: [account.customer.accountNumber, invoice.number].map(encodeURIComponent).join('/'),
      account,
      invoice,
    })),
  );
}

/** Recent Bill Listing: what is open in every account, any part of which can be paid, and what was paid. */
export function billsPage(visit: Visit): Section {
  const bills = billsOf(visit);
  return {
    name: 'bills',
    heading: 'Your bills',
    main: html`${bills.length > 0 ? billsForm(visit, bills) : html`<p class="card">There is nothing to pay.</p>`}
    ${paidTable(visit)}`,
  };
}

/** Opens the hosted page for the bills chosen. It has no PostBackURL, so nobody but the ledger hears of the payment. */
export function pay(visit: Visit, form: URLSearchParams, store: Store): string {
  const bills = billsOf(visit);
  const chosen = [...new Set(form.getAll('invoice'))].map((key) => bills.find((bill) => bill.key === key));
  if (chosen.length === 0) throw new Refusal('Choose at least one bill.');
  const page = store.openPage({
    biller: visit.biller,
    cart: chosen.map((bill) => cartLine(bill, form)),
    methods: ['card', 'bank'],
    options: { statement: true },
    viewMode: visit.viewMode,
    stylesheet: visit.stylesheet,
    returnUrl: visitPath(visit, 'bills'),
    billerReference: '',
    signedInAs: visit.user.email,
  });
  return `/portal/cloudpay/${page.token}`;
}

function cartLine(bill: Bill | undefined, form: URLSearchParams): CartLine {
  if (!bill) throw new Refusal('That bill is paid, or not yours.');
  const { key, account, invoice } = bill;
  const typed = form.get(`amount:${key}`)?.trim().replace(/^\$/, '');
  const cents = typed === undefined || typed === '' ? invoice.balanceCents : parseCents(typed);
  if (cents === undefined || cents === 0 || cents > invoice.balanceCents) {
    throw new Refusal(`Enter an amount up to ${money(invoice.balanceCents)} for invoice ${invoice.number}.`);
  }
  return { account, customer: account.customer, invoice: { ...invoice, balanceCents: cents }, ofBalance: true };
}

function billsForm(visit: Visit, bills: readonly Bill[]): Html {
  return html`<form class="card" method="post" action="${visitPath(visit, 'bills')}" aria-label="Open bills">
    ${table({
      columns: [
        'Pay',
        'Account',
        'Name',
        'Invoice',
        'Due date',
        { heading: 'Balance', amount: true },
        { heading: 'Amount to pay', amount: true },
      ],
      rows: bills.map(billRow),
    })}
    <div class="row gap">
      <p class="note">Choose what to pay. The next page asks how.</p>
      <button type="submit">Review and pay</button>
    </div>
  </form>`;
}

function billRow({ key, account: { customer }, invoice }: Bill): readonly Value[] {
  return [
    html`<input type="checkbox" name="invoice" value="${key}" aria-label="Pay invoice ${invoice.number}" checked />`,
    customer.accountNumber,
    customer.name,
    invoice.number,
    invoice.dueDate && shownDay(invoice.dueDate),
    money(invoice.balanceCents),
    html`<input
      class="short"
      name="amount:${key}"
      value="${amount(invoice.balanceCents)}"
      inputmode="decimal"
      autocomplete="off"
      aria-label="Amount to pay of invoice ${invoice.number}"
    />`,
  ];
}

function paidTable({ biller, user }: Visit): Html | false {
  const own = new Set(user.accounts.map((account) => account.customer.accountNumber));
  const paid = biller.ledger.filter((entry) => entry.approved && own.has(entry.accountNumber)).slice(-20);
  return (
    paid.length > 0 &&
    html`<section class="card" aria-labelledby="paid">
      <h2 id="paid">Paid</h2>
      ${table({
        columns: ['Account', 'Invoice', 'Day (UTC)', { heading: 'Amount', amount: true }],
        rows: paid
          .reverse()
          .map((entry) => [
            entry.accountNumber,
            entry.invoiceNumber,
            shownDay(entry.at.slice(0, 10)),
            money(entry.amountCents),
          ]),
      })}
    </section>`
  );
}
