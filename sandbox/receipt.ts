import { html, layout, money, type Html } from './html.js';
import { dueLines, isExpired } from './payments.js';
import type { LedgerEntry } from './model.js';
import type { HostedPage } from './biller.js';

/** What the payer sees once an invoice is paid. */
export function receipt(page: HostedPage): string {
  const paid = page.payments.filter((payment) => payment.approved);
  const due = dueLines(page).filter(({ line }) => !line.account.paid.has(line.invoice.number));
  const rest = isExpired(page) ? 0 : due.reduce((sum, { owedCents }) => sum + owedCents, 0);
  return layout(
    'Thank you, your payment is made',
    page.biller.settings.dba,
    html`<div class="alert done" role="status">
        <p>Approved: ${money(paid.reduce((sum, payment) => sum + payment.amountCents + payment.feeCents, 0))}</p>
      </div>
      ${paid.map(paymentFacts)}
      ${
        rest > 0 &&
        html`<p>
          Still due: ${money(rest)}. <a href="/portal/cloudpay/${page.token}">Pay more</a>
        </p>`
      }
      ${
        page.returnUrl === undefined
          ? html`<p>You can close this window now.</p>`
          : html`<p>
              <a class="button" href="${page.returnUrl}" rel="noreferrer">Return to ${page.biller.settings.dba}</a>
            </p>`
      }`,
  );
}

function paymentFacts(payment: LedgerEntry): Html {
  const facts: readonly (readonly [string, string])[] = [
    ['Confirmation number', payment.paymentGuid],
    ['Account', payment.accountNumber],
    ['Invoice', payment.invoiceNumber],
    ['Paid by', payment.method === 'card' ? (payment.parameters.CardType ?? '') : 'Bank account'],
    ['Date (UTC)', payment.parameters.PaymentDate ?? ''],
    ['Amount', money(payment.amountCents)],
    ['Service fee', money(payment.feeCents)],
    ['Total', money(payment.amountCents + payment.feeCents)],
  ];
  return html`<section class="card" aria-label="Receipt of invoice ${payment.invoiceNumber}">
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd> `,
      )}
    </dl>
  </section>`;
}
