import { openInvoices } from './accounts.js';
import { Refusal, amount, parseCents, shownDay } from './fields.js';
import { html, money, type Html } from './html.js';
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
    allowCard: true,
    allowBank: true,
    viewMode: 1,
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
    <table class="cart">
      <thead>
        <tr>
          ${['Pay', 'Account', 'Name', 'Invoice', 'Due date'].map((column) => html`<th scope="col">${column}</th>`)}
          <th scope="col" class="amount">Balance</th>
          <th scope="col" class="amount">Amount to pay</th>
        </tr>
      </thead>
      <tbody>
        ${bills.map(billRow)}
      </tbody>
    </table>
    <button type="submit">Review and pay</button>
  </form>`;
}

function billRow({ key, account: { customer }, invoice }: Bill): Html {
  return html`<tr>
    <td data-label="Pay">
      <input type="checkbox" name="invoice" value="${key}" aria-label="Pay invoice ${invoice.number}" checked />
    </td>
    <td data-label="Account">${customer.accountNumber}</td>
    <td data-label="Name">${customer.name}</td>
    <td data-label="Invoice">${invoice.number}</td>
    <td data-label="Due date">${invoice.dueDate && shownDay(invoice.dueDate)}</td>
    <td data-label="Balance" class="amount">${money(invoice.balanceCents)}</td>
    <td data-label="Amount to pay" class="amount">
      <input
        class="short"
        name="amount:${key}"
        value="${amount(invoice.balanceCents)}"
        inputmode="decimal"
        autocomplete="off"
        aria-label="Amount to pay of invoice ${invoice.number}"
      />
    </td>
  </tr>`;
}

function paidTable({ biller, user }: Visit): Html | false {
  const own = new Set(user.accounts.map((account) => account.customer.accountNumber));
  const paid = biller.ledger.filter((entry) => entry.approved && own.has(entry.accountNumber)).slice(-20);
  return (
    paid.length > 0 &&
    html`<section class="card" aria-labelledby="paid">
      <h2 id="paid">Paid</h2>
      <table class="cart">
        <thead>
          <tr>
            ${['Account', 'Invoice', 'Day (UTC)'].map((column) => html`<th scope="col">${column}</th>`)}
            <th scope="col" class="amount">Amount</th>
          </tr>
        </thead>
        <tbody>
          ${paid.reverse().map(
            (entry) =>
              html`<tr>
                <td data-label="Account">${entry.accountNumber}</td>
                <td data-label="Invoice">${entry.invoiceNumber}</td>
                <td data-label="Day (UTC)">${shownDay(entry.at.slice(0, 10))}</td>
                <td data-label="Amount" class="amount">${money(entry.amountCents)}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </section>`
  );
}
