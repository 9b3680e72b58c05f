import { shownDay } from './fields.js';
import { html, layout, money, type Html } from './html.js';
import { payable } from './payments.js';
import { TEST_BANK_ACCOUNTS, TEST_CARDS, grouped } from './test-numbers.js';
import type { CartLine, HostedPage } from './biller.js';

/** The page at CloudPaymentURL. `problem` says why the last try did not pay; nothing that was typed is shown again. */
export function hostedPage(page: HostedPage, problem?: string): string {
  const open = payable(page);
  const { dba, serviceFeeCents } = page.biller.settings;
  const balance = open.reduce((sum, line) => sum + line.invoice.balanceCents, 0);
  const total = balance + serviceFeeCents * open.length;
  return layout(
    open.length > 0 ? 'Review and pay' : 'Nothing to pay',
    dba,
    html`${page.signedInAs !== undefined && html`<p class="note">Signed in as ${page.signedInAs}</p>`}
      ${problem !== undefined && html`<div class="alert" role="alert"><p>${problem}</p></div>`}
      ${open.length === 0 && settledNotice(page)}
      <section class="card" aria-labelledby="cart">
        <h2 id="cart">Invoice cart</h2>
        ${cartTable(page)}
        ${
          open.length > 0 &&
          html`<dl>
            ${totalLine('Balance due', balance)} ${totalLine('Service fee', total - balance)}
            ${totalLine('Total', total)}
          </dl>`
        }
      </section>
      ${open.length > 0 && [paymentMethods(page, total), testNumbers()]}`,
  );
}

/** Every hosted page of an address that is none, without a hint whether it ever was one. */
export function unknownPage(): string {
  return layout(
    'Page not found',
    'Invoice Cloud sandbox',
    html`<p class="card">This payment link is not known here.</p>`,
  );
}

/** The table of what is accepted; also on the start page. */
export function testNumbers(): Html {
  return html`<section class="card" aria-labelledby="test-numbers">
    <h2 id="test-numbers">Test numbers</h2>
    <table>
      <caption>
        The only numbers that this sandbox takes. Any expiry and any security code will do.
      </caption>
      <thead>
        <tr>
          <th scope="col">Pay with</th>
          <th scope="col">Number</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        ${TEST_CARDS.map(
          (card) =>
            html`<tr>
              <td>${card.cardType === 'VISA' ? 'Visa' : 'Mastercard'}</td>
              <td><code>${grouped(card.number)}</code></td>
              <td>${card.message}</td>
            </tr> `,
        )}
        ${TEST_BANK_ACCOUNTS.map(
          (bank) =>
            html`<tr>
              <td>Bank account</td>
              <td><code>${bank.routing}</code> / <code>${bank.account}</code></td>
              <td>${bank.message}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}

function settledNotice(page: HostedPage): Html {
  const own = page.payments.find((payment) => payment.approved);
  const paid = own !== undefined || page.cart.some((line) => line.account.paid.has(line.invoice.number));
  return html`<div class="alert done" role="status">
    <p>
      ${paid ? 'This invoice is already paid.' : 'There is nothing to pay on this account.'}
      ${own && html`<a href="/portal/cloudpay/${page.token}/receipt/${own.paymentGuid}">Show the receipt</a>`}
    </p>
  </div>`;
}

function cartTable(page: HostedPage): Html {
  const columns = ['Account', 'Name', 'Invoice', 'Type', 'Invoice date', 'Due date'];
  return html`<table class="cart">
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        ${['Balance', 'Service fee', 'Total'].map((column) => html`<th scope="col" class="amount">${column}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${page.cart.map((line) => cartRow(page, line))}
    </tbody>
  </table>`;
}

function cartRow(page: HostedPage, { account, customer, invoice }: CartLine): Html {
  const fee = page.biller.settings.serviceFeeCents;
  const paid = account.paid.has(invoice.number);
  return html`<tr>
    <td data-label="Account">${customer.displayAccountNumber ?? customer.accountNumber}</td>
    <td data-label="Name">${customer.name}</td>
    <td data-label="Invoice">${invoice.number}</td>
    <td data-label="Type">${invoice.typeId}</td>
    <td data-label="Invoice date">${invoice.invoiceDate && shownDay(invoice.invoiceDate)}</td>
    <td data-label="Due date">${invoice.dueDate && shownDay(invoice.dueDate)}</td>
    <td data-label="Balance" class="amount">${money(invoice.balanceCents)}</td>
    <td data-label="Service fee" class="amount">${money(fee)}</td>
    <td data-label="Total" class="amount">${paid ? 'Paid' : money(invoice.balanceCents + fee)}</td>
  </tr>`;
}

function totalLine(label: string, cents: number): Html {
  return html`<div class="total">
    <dt>${label}</dt>
    <dd class="amount">${money(cents)}</dd>
  </div>`;
}

function paymentMethods(page: HostedPage, total: number): Html {
  if (!page.allowCard && !page.allowBank) {
    return html`<p class="card">Neither cards nor bank accounts are taken for this request.</p>`;
  }
  return html`<div class="methods">
    ${page.allowCard && cardForm(page, total)} ${page.allowBank && bankForm(page, total)}
  </div>`;
}

// autocomplete is off throughout: a browser must not offer the payer's real card to a page that refuses it.
function cardForm(page: HostedPage, total: number): Html {
  return html`<form class="card" method="post" action="/portal/cloudpay/${page.token}" aria-labelledby="by-card">
    <h2 id="by-card">Pay by card</h2>
    <input type="hidden" name="method" value="card" />
    <label for="card-number">Card number</label>
    <input id="card-number" name="cardNumber" inputmode="numeric" autocomplete="off" maxlength="23" required />
    <div class="pair">
      <div>
        <label for="expiry">Expires (MM/YY)</label>
        <input id="expiry" name="expiry" inputmode="numeric" autocomplete="off" maxlength="7" required />
      </div>
      <div>
        <label for="security-code">Security code</label>
        <input id="security-code" name="securityCode" inputmode="numeric" autocomplete="off" maxlength="4" required />
      </div>
    </div>
    <button type="submit">Pay ${money(total)} by card</button>
  </form>`;
}

function bankForm(page: HostedPage, total: number): Html {
  return html`<form class="card" method="post" action="/portal/cloudpay/${page.token}" aria-labelledby="by-bank">
    <h2 id="by-bank">Pay by bank account</h2>
    <input type="hidden" name="method" value="bank" />
    <label for="routing-number">Routing number</label>
    <input id="routing-number" name="routingNumber" inputmode="numeric" autocomplete="off" maxlength="11" required />
    <label for="account-number">Account number</label>
    <input id="account-number" name="accountNumber" inputmode="numeric" autocomplete="off" maxlength="23" required />
    <button type="submit">Pay ${money(total)} by bank account</button>
  </form>`;
}
