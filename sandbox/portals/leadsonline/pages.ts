import { clock, dollars, html, type Html } from '../shared/html.js';
import type { Delivery } from '../shared/deliveries.js';
import { BUSINESS, type Invoice } from './invoices.js';

export const DEPARTMENT = 'Sampleton Police Department';

/** The part of the page that is read again every second. */
export function invoiceTable(invoices: readonly Invoice[], latest: readonly Delivery[], platform: string): Html {
  const told = invoices
    .filter(({ told }) => told)
    .sort((one, other) => Number(other.told?.at) - Number(one.told?.at))[0];
  return html`<div data-news="${told && `Invoice ${told.number} is ${told.status}.`}" data-platform="${platform}">
    <section class="card">
      <table class="stack">
        <caption>
          Police fees of ${BUSINESS.name}, account ${BUSINESS.accountNumber}, at the ${DEPARTMENT}
        </caption>
        <thead>
          <tr>
            <th scope="col">Invoice</th>
            <th scope="col">For</th>
            <th scope="col" class="number">Amount</th>
            <th scope="col">Status</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${invoices.map(invoiceRow)}
        </tbody>
      </table>
    </section>
    ${messages(latest)}
  </div>`;
}

function invoiceRow(invoice: Invoice): Html {
  const { number, description, amountCents, status, paymentId } = invoice;
  return html`<tr data-invoice="${number}" data-payment="${paymentId}">
    <td data-label="Invoice"><code>${number}</code></td>
    <td data-label="For">${description}</td>
    <td data-label="Amount" class="number">${dollars(amountCents)}</td>
    <td data-label="Status"><span>${statusOf(invoice)}</span></td>
    <td data-label="">
      ${
        status !== 'paid' &&
        html`<form method="post" action="/invoices/${number}/purchase" target="invoice-cloud">
          <button type="submit" aria-label="Purchase E-Tickets of invoice ${number}">Purchase E-Tickets</button>
        </form>`
      }
    </td>
  </tr> `;
}

function statusOf({ status, told }: Invoice): Html {
  const how = told && html`<span class="note">told by the relay, signature verified at ${clock(told.at)}</span>`;
  if (status === 'paid') return html`<span class="badge paid">Paid</span> ${how}`;
  if (status === 'declined') return html`<span class="badge declined">${told?.message || 'Declined'}</span> ${how}`;
  if (status === 'open') return html`<span class="badge open">Page open, nothing told yet</span>`;
  return html`<span class="badge">Unpaid</span>`;
}

const OUTCOMES = {
  new: 'taken',
  repeat: 'dropped: had it already',
  forged: 'refused: the signature is wrong',
} as const;

function messages(latest: readonly Delivery[]): Html {
  return html`<section class="card">
    <h2>What the relay told us</h2>
    ${
      latest.length === 0
        ? html`<p>Nothing yet. Pay an invoice: Invoice Cloud tells Billbridge, which compares and tells us.</p>`
        : html`<table class="stack">
            <thead>
              <tr>
                ${['Time', 'webhook-id', 'Says', 'We'].map((name) => html`<th scope="col">${name}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${latest.map(
                ({ at, id, outcome, fields }) =>
                  html`<tr>
                    <td data-label="Time">${clock(at)}</td>
                    <td data-label="webhook-id"><code>${id.slice(0, 13)}…</code></td>
                    <td data-label="Says">
                      ${outcome !== 'forged' && `${fields.get('InvoiceNumber')}: Approved=${fields.get('Approved')}, ${fields.get('PaymentAmount')}`}
                    </td>
                    <td data-label="We"><span class="badge ${outcome}">${OUTCOMES[outcome]}</span></td>
                  </tr> `,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}
