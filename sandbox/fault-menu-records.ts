import { html, money, type Html, type Value } from './html.js';
import { table } from './table.js';
import type { Biller, WireRequest } from './biller.js';
import type { LedgerEntry, PostbackOutcome } from './model.js';

const SHOWN = 50;

/** What was paid and declined, what the PostBacks came to, and more PostBacks to send. */
export function paymentsSection(biller: Biller): Html {
  const entries = biller.ledger.slice(-SHOWN).reverse();
  const moved = biller.ledger.filter(({ approved }) => approved);
  const sum = moved.reduce((total, { amountCents, feeCents }) => total + amountCents + feeCents, 0);
  return html`<section class="card" aria-labelledby="payments">
    <h2 id="payments">Money moved and PostBacks</h2>
    ${
      entries.length === 0
        ? html`<p class="note">No payment yet.</p>`
        : table({
            caption: `${money(sum)} by ${moved.length} approved of ${biller.ledger.length} attempts; the last ${entries.length} are shown.`,
            columns: [
              'Time (UTC)',
              'Invoice',
              { heading: 'Amount', amount: true },
              'Outcome',
              'PostBacks',
              'Send another',
            ],
            rows: entries.map((entry) => [
              entry.at.slice(11, 19),
              html`${entry.invoiceNumber}<br /><span class="note">account ${entry.accountNumber}</span>`,
              html`${money(entry.amountCents)}${entry.feeCents > 0 && html`<br /><span class="note">+ ${money(entry.feeCents)}</span>`}`,
              outcome(entry),
              entry.postbacks.length === 0 ? 'none yet' : entry.postbacks.map(postback),
              sendAnother(biller, entry),
            ]),
          })
    }
  </section>`;
}

function outcome({ approved, duplicate, message, scenario }: LedgerEntry): Value {
  return html`<span class="badge ${approved && !duplicate ? 'good' : 'bad'}">${duplicate ? 'Charged again' : message}</span>
    ${scenario !== undefined && html`<br /><span class="note">${scenario}</span>`}`;
}

function postback({ status, error, fault }: PostbackOutcome): Html {
  return html`<div>${status ?? error ?? 'not sent'}${fault !== undefined && html` <span class="note">${fault}</span>`}</div>`;
}

function sendAnother(biller: Biller, { paymentGuid }: LedgerEntry): Html {
  const button = (what: string, label: string) =>
    html`<button class="secondary small" type="submit" name="what" value="${what}">${label}</button> `;
  return html`<form
    class="inline"
    method="post"
    action="/_sandbox/faults?biller=${encodeURIComponent(biller.settings.guid)}"
    aria-label="Send another PostBack of payment ${paymentGuid}"
  >
    <input type="hidden" name="action" value="postback" />
    <input type="hidden" name="payment" value="${paymentGuid}" />
    <div class="buttons">${button('again', 'Again')} ${button('forged', 'Forged refusal')} ${button('amount', 'Other amount')}</div>
  </form>`;
}

/** What was called, without secrets. */
export function callsSection(biller: Biller): Html {
  const calls = biller.requests.slice(-SHOWN).reverse();
  return html`<section class="card" aria-labelledby="calls">
    <h2 id="calls">Calls</h2>
    ${
      calls.length === 0
        ? html`<p class="note">No call yet.</p>`
        : table({
            caption: `${biller.requests.length} calls; the last ${calls.length} are shown. Keys, passwords, tokens and the paths of addresses are masked.`,
            columns: ['Time (UTC)', 'Operation', 'Answered', 'Fault', 'Body'],
            rows: calls.map((call) => [
              call.at.slice(11, 19),
              html`${call.operation}<br /><span class="note">${call.method} ${call.path}</span>`,
              answered(call),
              call.fault ?? '',
              call.text !== '' &&
                html`<details class="plain">
                  <summary>Show<span class="hidden"> the body of the call at ${call.at}</span></summary>
                  <pre>${withoutPaths(call.text)}</pre>
                </details>`,
            ]),
          })
    }
  </section>`;
}

function answered({ status, fault }: WireRequest): Html {
  if (status === null) return html`<span class="badge bad">${fault === null ? 'under way' : 'cut'}</span>`;
  return html`<span class="badge ${status < 400 ? 'good' : 'bad'}">${status}</span>`;
}

/** A PostBackURL's path is a capability, and a ReturnURL's may be one. */
function withoutPaths(text: string): string {
  return text.replace(/(https?:\/\/[^/"'\s<>\\]+)[^"'\s<>]+/gi, '$1/…');
}
