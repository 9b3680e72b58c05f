import { amount } from './fields.js';
import { pagePath } from './hosted-frame.js';
import { facts, html, money, type Html } from './html.js';
import { bankFields, cardFields } from './instrument-fields.js';
import { amountField, cartSeen, range } from './paying.js';
import { cardName, isPlain } from './test-number-tables.js';
import { TEST_CARDS, grouped, type TestCard } from './test-numbers.js';
import type { Due } from './payments.js';
import type { HostedPage } from './biller.js';
import type { Instrument } from './model.js';

const NAMES: Readonly<Record<Instrument, { readonly title: string; readonly words: string }>> = {
  card: { title: 'Card', words: 'by card' },
  bank: { title: 'Bank account', words: 'by bank account' },
  swipe: { title: 'Swipe a card', words: 'by swiped card' },
  emv: { title: 'Insert or tap a card', words: 'by chip card' },
};

/** The ways to pay that the request allowed, one open at a time. No script: the browser folds them. */
export function paymentMethods(page: HostedPage, open: readonly Due[], tried?: Instrument): Html {
  const { methods } = page;
  if (methods.length === 0) {
    return html`<p class="card">Neither cards nor bank accounts are taken for this request.</p>`;
  }
  const first = tried !== undefined && methods.includes(tried) ? tried : methods[0];
  return html`<section class="card methods" aria-labelledby="methods">
    <h2 id="methods">How would you like to pay?</h2>
    ${methods.map(
      (by) =>
        html`<details class="method" name="method" ${by === first && html`open`}>
          <summary>${NAMES[by].title}</summary>
          ${form(page, open, by)}
        </details>`,
    )}
  </section>`;
}

function form(page: HostedPage, open: readonly Due[], by: Instrument): Html {
  const { words } = NAMES[by];
  return html`<form method="post" action="${pagePath(page)}" aria-label="Pay ${words}">
    <input type="hidden" name="method" value="${by}" />
    <input type="hidden" name="cart" value="${cartSeen(page, open)}" />
    ${amountInputs(page, open, by)} ${by === 'card' && cardFields()} ${by === 'bank' && bankFields()}
    ${
      by === 'card' || by === 'bank'
        ? html`<button class="wide" type="submit">Pay ${total(page, open)} ${words}</button>`
        : reader(page, by)
    }
  </form>`;
}

/** What the button takes; nothing where the payer chooses an amount. */
function total(page: HostedPage, open: readonly Due[]): string {
  if (open.some(hasChoice)) return '';
  return money(open.reduce((sum, { owedCents }) => sum + owedCents + page.biller.settings.serviceFeeCents, 0));
}

function hasChoice({ leastCents, mostCents }: Due): boolean {
  return leastCents !== mostCents;
}

/** Where the payer may pay a part. The service fee, if any, comes on top. */
function amountInputs(page: HostedPage, open: readonly Due[], by: Instrument): readonly Html[] {
  return open.filter(hasChoice).map((due) => {
    const name = amountField(page, due, open);
    const id = `${by}-${name}`;
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
  });
}

/** A reader that is none: each button is a card that goes through it. */
function reader({ terminal }: HostedPage, by: 'swipe' | 'emv'): Html {
  const card = (test: TestCard) =>
    html`<button class="secondary small" type="submit" name="testCard" value="${test.number}">
      ${cardName(test)} …${grouped(test.number).slice(-4)}: ${test.scenario?.what ?? test.message}
    </button> `;
  return html`<div class="reader">
    <p>
      <strong>Simulated ${by === 'swipe' ? 'swipe reader' : 'EMV reader'}.</strong> Choose the card that is
      ${by === 'swipe' ? 'swiped' : 'inserted or tapped'}; it pays at once.
    </p>
    ${facts([
      ['Device', by === 'emv' ? (terminal?.deviceId ?? 'none was named') : undefined],
      ['Location', terminal?.locationId],
      ['Cashier', terminal?.cashierName],
    ])}
    <div class="buttons">${TEST_CARDS.filter(isPlain).map(card)}</div>
    <details class="plain">
      <summary>Cards that make something go wrong</summary>
      <div class="buttons">${TEST_CARDS.filter((one) => !isPlain(one)).map(card)}</div>
    </details>
  </div>`;
}
