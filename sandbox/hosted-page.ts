import { cartList } from './hosted-cart.js';
import { frameOf, pagePath } from './hosted-frame.js';
import { paymentMethods } from './hosted-methods.js';
import { alertBox, html, layout, money, statusBox, type Html } from './html.js';
import { dueLines, type Due } from './payments.js';
import { testNumbers } from './test-number-tables.js';
import type { HostedPage } from './biller.js';
import type { Instrument } from './model.js';

/**
 * The page at CloudPaymentURL. `problem` says why the last try did not pay, `by` what it was made with; nothing that was
 * typed is shown again.
 */
export function hostedPage(page: HostedPage, problem?: string, by?: Instrument): string {
  const open = dueLines(page);
  const { notice } = page;
  page.notice = undefined;
  const left = page.cart.filter((line) => !page.removed.has(line));
  const heading = open.length > 0 ? 'Review and pay' : left.length > 0 ? 'Nothing to pay' : 'Your cart is empty';
  return layout(
    heading,
    page.biller.settings.dba,
    html`${alertBox(problem)} ${statusBox(notice)} ${open.length === 0 && left.length > 0 && settledNotice(page)}
      <div class="columns ${open.length > 0 && 'aside'}">
        <section class="card" aria-labelledby="cart">
          <h2 id="cart">Invoice cart</h2>
          ${cartList(page, open)} ${page.signedInAs !== undefined && signedIn(page)}
        </section>
        ${open.length > 0 && summary(page, open)} ${open.length > 0 && paymentMethods(page, open, by)}
        <div>
          ${registerOffer(page)} ${open.length > 0 && testNumbers()}
          ${
            page.stylesheetUnusable &&
            html`<p class="note">CssUrl was left out: it must be https, or http on this machine.</p>`
          }
        </div>
      </div>`,
    frameOf(page),
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
    html`<div class="card narrow">
      <p>It takes no more payments. Go back to where you came from and start again.</p>
      <p>${receiptLink(page)}</p>
    </div>`,
    frameOf(page),
  );
}

function settledNotice(page: HostedPage): Html | false {
  const link = receiptLink(page);
  const paid = link !== false || page.cart.some((line) => line.account.paid.has(line.invoice.number));
  return statusBox(
    html`${paid ? 'This invoice is already paid.' : 'There is nothing to pay on this account.'} ${link}`,
  );
}

function receiptLink(page: HostedPage): Html | false {
  const own = page.payments.find((payment) => payment.approved);
  return own !== undefined && html`<a href="${pagePath(page)}/receipt/${own.paymentGuid}">Show the receipt</a>`;
}

function signedIn({ signedInAs }: HostedPage): Html {
  return html`<p class="note gap">Signed in as ${signedInAs}</p>`;
}

/** Where registering is allowed, and somebody is left to register. */
function registerOffer(page: HostedPage): Html | false {
  return (
    page.options.register === true &&
    page.signedInAs === undefined &&
    page.cart.some(({ account }) => !account.owner) &&
    html`<section class="card row" aria-labelledby="register">
      <div>
        <h2 id="register">Next time, faster</h2>
        <p>Register this account to see its bills, go paperless and set up AutoPay.</p>
      </div>
      <a class="button secondary" href="${pagePath(page)}/register">Register</a>
    </section>`
  );
}

function summary(page: HostedPage, open: readonly Due[]): Html {
  const balance = open.reduce((sum, { owedCents }) => sum + owedCents, 0);
  const fees = page.biller.settings.serviceFeeCents * open.length;
  const line = (label: string, cents: number) =>
    html`<div>
      <dt>${label}</dt>
      <dd class="amount">${money(cents)}</dd>
    </div>`;
  return html`<section class="card summary" aria-labelledby="summary">
    <h2 id="summary">Summary</h2>
    <dl class="totals">${line('Balance due', balance)} ${line('Service fee', fees)} ${line('Total', balance + fees)}</dl>
  </section>`;
}
