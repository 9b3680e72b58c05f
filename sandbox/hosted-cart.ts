import { shownDay } from './fields.js';
import { pagePath } from './hosted-frame.js';
import { html, money, type Html } from './html.js';
import type { Due } from './payments.js';
import type { CartLine, HostedPage } from './biller.js';

/** The cart as a list: every line with what its request said, and what PageResultOptions lets the payer do with it. */
export function cartList(page: HostedPage, open: readonly Due[]): Html {
  const lines = page.cart.filter((line) => !page.removed.has(line));
  const removed = page.cart.filter((line) => page.removed.has(line));
  return html`${lines.length === 0 && html`<p>Every invoice was removed from it.</p>`}
    <ul class="cart">
      ${lines.map((line) =>
        cartLine(
          page,
          line,
          open.find((due) => due.line === line),
        ),
      )}
    </ul>
    ${removed.map((line) => putBack(page, line))}`;
}

function cartLine(page: HostedPage, line: CartLine, due?: Due): Html {
  const { account, customer, invoice } = line;
  const fee = page.biller.settings.serviceFeeCents;
  const paid = !due && account.paid.has(invoice.number);
  const details: readonly (readonly [string, string | undefined])[] = [
    ['Account', customer.displayAccountNumber ?? customer.accountNumber],
    ['Name', customer.name],
    ['Type', invoice.typeId],
    ['Invoice date', invoice.invoiceDate && shownDay(invoice.invoiceDate)],
    ['Due date', invoice.dueDate && shownDay(invoice.dueDate)],
    ['Service fee', fee > 0 ? money(fee) : undefined],
  ];
  return html`<li class="cart-line">
    <div class="cart-head">
      <h3>Invoice ${invoice.number}</h3>
      <span class="amount">
        ${paid ? html`<span class="badge good">Paid</span>` : money(due?.owedCents ?? invoice.balanceCents)}
      </span>
    </div>
    <dl class="details">
      ${details.map(
        ([name, value]) =>
          value !== undefined &&
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
    ${actions(page, line, due !== undefined)}
  </li>`;
}

/** Exactly what was allowed. What only an unpaid invoice can have is left out for a paid one. */
function actions(page: HostedPage, line: CartLine, isOpen: boolean): Html | false {
  const { statement, related, remind, remove } = page.options;
  const index = page.cart.indexOf(line);
  const ofInvoice = html`<span class="hidden"> of invoice ${line.invoice.number}</span>`;
  const link = (action: string, label: string) =>
    html`<a href="${pagePath(page)}/${action}/${index}">${label}${ofInvoice}</a> `;
  return (
    [statement, related, remind, remove].includes(true) &&
    html`<div class="actions no-print">
      ${statement && link('statement', 'View Statement')} ${related && link('related', 'View Related')}
      ${remind && isOpen && link('remind', 'Remind Me')}
      ${
        remove &&
        isOpen &&
        html`<form method="post" action="${pagePath(page)}/cart">
          <input type="hidden" name="line" value="${index}" />
          <button class="link" type="submit" name="action" value="remove">Remove${ofInvoice}</button>
        </form>`
      }
    </div>`
  );
}

function putBack(page: HostedPage, line: CartLine): Html {
  return html`<form class="row removed" method="post" action="${pagePath(page)}/cart">
    <p class="note">Invoice ${line.invoice.number} was removed from the cart.</p>
    <input type="hidden" name="line" value="${page.cart.indexOf(line)}" />
    <button class="link" type="submit" name="action" value="restore">Put it back</button>
  </form>`;
}
