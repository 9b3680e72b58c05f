import { frameOf, pagePath } from './hosted-frame.js';
import { facts, html, layout, money, type Html } from './html.js';
import { dueLines, isExpired } from './payments.js';
import type { LedgerEntry } from './model.js';
import type { HostedPage } from './biller.js';

/** What the payer sees once an invoice is paid. */
export function receipt(page: HostedPage): string {
  const paid = page.payments.filter((payment) => payment.approved);
  const due = dueLines(page).filter(({ line }) => !line.account.paid.has(line.invoice.number));
  const rest = isExpired(page) ? 0 : due.reduce((sum, { owedCents }) => sum + owedCents, 0);
  const total = paid.reduce((sum, payment) => sum + payment.amountCents + payment.feeCents, 0);
  return layout(
    'Thank you, your payment is made',
    page.biller.settings.dba,
    html`<div class="narrow">
      <div class="card paid" role="status">
        <span class="tick" aria-hidden="true">✓</span>
        <div>
          <p class="sum">${money(total)}</p>
          <p>Approved by ${page.biller.settings.dba}</p>
        </div>
      </div>
      ${
        rest > 0 &&
        html`<div class="card row no-print">
          <p>Still due: ${money(rest)}</p>
          <a class="button secondary" href="${pagePath(page)}">Pay more</a>
        </div>`
      }
      ${paid.map(paymentFacts)} ${wayBack(page)}
    </div>`,
    frameOf(page),
  );
}

/** In an iframe the ReturnURL stays in it or takes the whole window, as the biller is set; a page of ours stays. */
function wayBack({ returnUrl, viewMode, biller: { settings } }: HostedPage): Html {
  if (returnUrl === undefined) return html`<p class="no-print">You can close this window now.</p>`;
  const isOurs = returnUrl.startsWith('/');
  const leavesFrame = viewMode === 1 && !isOurs && !settings.returnInFrame;
  return html`<p class="no-print">
    <a class="button" href="${returnUrl}" rel="noreferrer" ${leavesFrame && html`target="_top"`}
      >Return to ${isOurs ? 'your bills' : settings.dba}</a
    >
  </p>`;
}

function paymentFacts(payment: LedgerEntry): Html {
  const by =
    payment.method === 'bank' ? 'Bank account' : payment.parameters.CardType === 'VISA' ? 'Visa' : 'Mastercard';
  const read = payment.reader === undefined ? '' : payment.reader === 'swipe' ? ', swiped' : ', by its chip';
  return html`<div class="card">
    <h2>Receipt of invoice ${payment.invoiceNumber}</h2>
    ${facts([
      ['Confirmation number', payment.paymentGuid],
      ['Account', payment.accountNumber],
      ['Invoice', payment.invoiceNumber],
      ['Paid by', `${by}${read}`],
      ['Date (UTC)', payment.parameters.PaymentDate],
      ['Amount', money(payment.amountCents)],
      ['Service fee', money(payment.feeCents)],
      ['Total', money(payment.amountCents + payment.feeCents)],
    ])}
  </div>`;
}
