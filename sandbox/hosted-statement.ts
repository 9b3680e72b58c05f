import { shownDay } from './fields.js';
import { asidePage } from './hosted-frame.js';
import { facts, html, money } from './html.js';
import { table } from './table.js';
import type { CartLine, HostedPage } from './biller.js';
import type { Account, Invoice } from './model.js';

/** View Statement: the bill as it would have come by mail. */
export function statementPage(page: HostedPage, { account, customer, invoice }: CartLine): string {
  const known = account.invoices.get(invoice.number) ?? invoice;
  const payments = page.biller.ledger.filter(
    (entry) =>
      entry.approved && entry.accountNumber === customer.accountNumber && entry.invoiceNumber === invoice.number,
  );
  const place = [customer.city, customer.state, customer.zip].filter(Boolean).join(', ');
  const day = (value?: string) => value && shownDay(value);
  return asidePage(
    page,
    `Statement of invoice ${invoice.number}`,
    html`<div class="tiles">
        <section class="card" aria-labelledby="to">
          <h2 id="to">Billed to</h2>
          <p>${[customer.name, customer.address, place].filter(Boolean).map((line) => html`${line}<br />`)}</p>
        </section>
        <section class="card" aria-labelledby="invoice">
          <h2 id="invoice">Invoice</h2>
          ${facts([
            ['From', page.biller.settings.dba],
            ['Account', customer.displayAccountNumber ?? customer.accountNumber],
            ['Invoice date', day(invoice.invoiceDate)],
            ['Due date', day(invoice.dueDate)],
            ['Type', invoice.typeId],
          ])}
        </section>
      </div>
      <section class="card" aria-labelledby="sums">
        <h2 id="sums">Amounts</h2>
        ${table({
          columns: ['Item', 'Day (UTC)', { heading: 'Amount', amount: true }],
          rows: [
            [`Invoice ${invoice.number}`, day(invoice.invoiceDate), money(known.totalCents)],
            ...payments.map((entry) => [
              entry.duplicate ? 'Payment, charged again' : 'Payment, thank you',
              shownDay(entry.at.slice(0, 10)),
              `-${money(entry.amountCents)}`,
            ]),
            [html`<strong>Still due</strong>`, '', html`<strong>${money(owedOf(account, known))}</strong>`],
          ],
        })}
      </section>`,
  );
}

/** View Related: what else the account owes or has paid. It is paid at the biller's site, not on this page (assumed). */
export function relatedPage(page: HostedPage, { account, customer, invoice }: CartLine): string {
  const others = [...account.invoices.values()].filter(({ number }) => number !== invoice.number);
  const { guid, dba } = page.biller.settings;
  return asidePage(
    page,
    'Related invoices',
    html`<section class="card" aria-label="Invoices of the same account">
      <p>Other invoices of account ${customer.displayAccountNumber ?? customer.accountNumber}.</p>
      ${
        others.length === 0
          ? html`<p class="note">There are no others.</p>`
          : table({
              columns: ['Invoice', 'Due date', { heading: 'Still due', amount: true }],
              rows: others.map((other) => [
                other.number,
                other.dueDate && shownDay(other.dueDate),
                account.paid.has(other.number)
                  ? html`<span class="badge good">Paid</span>`
                  : money(owedOf(account, other)),
              ]),
            })
      }
      ${
        others.some((other) => owedOf(account, other) > 0) &&
        html`<p class="gap">
          <a href="/portal/2/Site.aspx?G=${guid}" target="_blank" rel="noreferrer">Pay them at ${dba}’s own site</a>
        </p>`
      }
    </section>`,
  );
}

function owedOf(account: Account, { number, balanceCents }: Invoice): number {
  return account.paid.has(number) ? 0 : balanceCents;
}
