import { amount, shownDay } from './fields.js';
import { html, layout, money, type Html } from './html.js';
import { amountField, range } from './paying.js';
import { dueLines, type Due } from './payments.js';
import { TEST_BANK_ACCOUNTS, TEST_CARDS, grouped } from './test-numbers.js';
import type { CartLine, HostedPage } from './biller.js';
import type { PaymentMethod } from './model.js';

/** The page at CloudPaymentURL. `problem` says why the last try did not pay; nothing that was typed is shown again. */
export function hostedPage(page: HostedPage, problem?: string): string {
  const open = dueLines(page);
  const { dba, serviceFeeCents } = page.biller.settings;
  const balance = open.reduce((sum, { owedCents }) => sum + owedCents, 0);
  const total = balance + serviceFeeCents * open.length;
  return layout(
    open.length > 0 ? 'Review and pay' : 'Nothing to pay',
    dba,
    html`${page.signedInAs !== undefined && html`<p class="note">Signed in as ${page.signedInAs}</p>`}
      ${problem !== undefined && html`<div class="alert" role="alert"><p>${problem}</p></div>`}
      ${open.length === 0 && settledNotice(page)}
      <section class="card" aria-labelledby="cart">
        <h2 id="cart">Invoice cart</h2>
        ${cartTable(page, open)}
        ${
          open.length > 0 &&
          html`<dl>
            ${totalLine('Balance due', balance)} ${totalLine('Service fee', total - balance)}
            ${totalLine('Total', total)}
          </dl>`
        }
      </section>
      ${open.length > 0 && [paymentMethods(page, open, total), testNumbers()]}`,
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

/** A page whose time is over. What was paid on it before stays to be seen. */
export function expiredPage(page: HostedPage): string {
  return layout(
    'This payment page has expired',
    page.biller.settings.dba,
    html`<p class="card">It takes no more payments. Go back to where you came from and start again.</p>
      <p>${receiptLink(page)}</p>`,
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
  const link = receiptLink(page);
  const paid = link !== false || page.cart.some((line) => line.account.paid.has(line.invoice.number));
  return html`<div class="alert done" role="status">
    <p>
      ${paid ? 'This invoice is already paid.' : 'There is nothing to pay on this account.'}
      ${link}
    </p>
  </div>`;
}

function receiptLink(page: HostedPage): Html | false {
  const own = page.payments.find((payment) => payment.approved);
  return (
    own !== undefined && html`<a href="/portal/cloudpay/${page.token}/receipt/${own.paymentGuid}">Show the receipt</a>`
  );
}

function cartTable(page: HostedPage, open: readonly Due[]): Html {
  const columns = ['Account', 'Name', 'Invoice', 'Type', 'Invoice date', 'Due date'];
  return html`<table class="cart">
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        ${['Balance', 'Service fee', 'Total'].map((column) => html`<th scope="col" class="amount">${column}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${page.cart.map((line) =>
        cartRow(
          page,
          line,
          open.find((due) => due.line === line),
        ),
      )}
    </tbody>
  </table>`;
}

function cartRow(page: HostedPage, { account, customer, invoice }: CartLine, due?: Due): Html {
  const fee = page.biller.settings.serviceFeeCents;
  const paid = !due && account.paid.has(invoice.number);
  const balance = due?.owedCents ?? invoice.balanceCents;
  return html`<tr>
    <td data-label="Account">${customer.displayAccountNumber ?? customer.accountNumber}</td>
    <td data-label="Name">${customer.name}</td>
    <td data-label="Invoice">${invoice.number}</td>
    <td data-label="Type">${invoice.typeId}</td>
    <td data-label="Invoice date">${invoice.invoiceDate && shownDay(invoice.invoiceDate)}</td>
    <td data-label="Due date">${invoice.dueDate && shownDay(invoice.dueDate)}</td>
    <td data-label="Balance" class="amount">${money(balance)}</td>
    <td data-label="Service fee" class="amount">${money(fee)}</td>
    <td data-label="Total" class="amount">${paid ? 'Paid' : money(balance + fee)}</td>
  </tr>`;
}

function totalLine(label: string, cents: number): Html {
  return html`<div class="total">
    <dt>${label}</dt>
    <dd class="amount">${money(cents)}</dd>
  </div>`;
}

function paymentMethods(page: HostedPage, open: readonly Due[], total: number): Html {
  if (!page.allowCard && !page.allowBank) {
    return html`<p class="card">Neither cards nor bank accounts are taken for this request.</p>`;
  }
  return html`<div class="methods">
    ${page.allowCard && cardForm(page, open, total)} ${page.allowBank && bankForm(page, open, total)}
  </div>`;
}

function hasChoice(open: readonly Due[]): boolean {
  return open.some((due) => due.leastCents !== due.mostCents);
}

/** Where the payer may pay a part. The service fee, if any, comes on top. */
function amountInputs(page: HostedPage, open: readonly Due[], method: PaymentMethod): Html {
  const choices = open.filter((due) => due.leastCents !== due.mostCents);
  return html`${choices.map((due) => {
    const name = amountField(page, due, open);
    const id = `${method}-${name}`;
    return html`<label for="${id}">Amount to pay of invoice ${due.line.invoice.number}</label>
      <input
        id="${id}"
        name="${name}"
        value="${amount(due.owedCents)}"
        inputmode="decimal"
        autocomplete="off"
        aria-describedby="${id}-range"
        required
      />
      <p class="note" id="${id}-range">Enter ${range(due)}.</p>`;
  })}`;
}

// autocomplete is off throughout: a browser must not offer the payer's real card to a page that refuses it.
function cardForm(page: HostedPage, open: readonly Due[], total: number): Html {
  return html`<form class="card" method="post" action="/portal/cloudpay/${page.token}" aria-labelledby="by-card">
    <h2 id="by-card">Pay by card</h2>
    <input type="hidden" name="method" value="card" />
    ${amountInputs(page, open, 'card')}
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
    <button type="submit">Pay ${hasChoice(open) ? '' : money(total)} by card</button>
  </form>`;
}

function bankForm(page: HostedPage, open: readonly Due[], total: number): Html {
  return html`<form class="card" method="post" action="/portal/cloudpay/${page.token}" aria-labelledby="by-bank">
    <h2 id="by-bank">Pay by bank account</h2>
    <input type="hidden" name="method" value="bank" />
    ${amountInputs(page, open, 'bank')}
    <label for="routing-number">Routing number</label>
    <input id="routing-number" name="routingNumber" inputmode="numeric" autocomplete="off" maxlength="11" required />
    <label for="account-number">Account number</label>
    <input id="account-number" name="accountNumber" inputmode="numeric" autocomplete="off" maxlength="23" required />
    <button type="submit">Pay ${hasChoice(open) ? '' : money(total)} by bank account</button>
  </form>`;
}
