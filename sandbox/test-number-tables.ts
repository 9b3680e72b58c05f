import { html, type Html } from './html.js';
import { PAYMENT_SCENARIOS, OPENING_SCENARIOS } from './scenarios.js';
import { table } from './table.js';
import { TEST_BANK_ACCOUNTS, TEST_CARDS, grouped, type TestCard } from './test-numbers.js';

export function cardName({ cardType }: Pick<TestCard, 'cardType'>): string {
  return cardType === 'VISA' ? 'Visa' : 'Mastercard';
}

/** The table of what is accepted; `plain` leaves out the cards that make something go wrong. */
export function testNumberTable(plain = false): Html {
  return table({
    caption: 'The only numbers that this sandbox takes. Any expiry and any security code will do.',
    columns: ['Pay with', 'Number', 'What happens'],
    rows: [
      ...TEST_CARDS.filter((card) => !plain || isPlain(card)).map((card) => [
        cardName(card),
        html`<code>${grouped(card.number)}</code>`,
        card.scenario?.what ?? card.message,
      ]),
      ...TEST_BANK_ACCOUNTS.map((bank) => [
        'Bank account',
        html`<code>${bank.routing}</code> / <code>${bank.account}</code>`,
        bank.message,
      ]),
    ],
  });
}

/** Approved or declined, and nothing else. */
export function isPlain({ scenario }: TestCard): boolean {
  return scenario === undefined || scenario.declined !== undefined;
}

/** The same below a page on which numbers are typed, out of the way until somebody looks for it. */
export function testNumbers(): Html {
  return html`<details class="card">
    <summary>Test numbers of the sandbox</summary>
    ${testNumberTable()}
  </details>`;
}

/** What an invoice or an account number can ask for. */
export function scenarioTables(): Html {
  const number = (name: string) => html`<code>FAULT-${name}-…</code>`;
  return html`${table({
    caption: 'When a payment is made',
    columns: ['Invoice or account number', 'Test card', 'What happens'],
    rows: PAYMENT_SCENARIOS.map(({ name, card, what }) => [
      number(name),
      card !== undefined && html`<code>${grouped(card)}</code>`,
      what,
    ]),
  })}
    <hr class="gap" />
    ${table({
      caption: 'When a page is opened, and in REST v1 calls that name the account',
      columns: ['Invoice or account number', 'What happens'],
      rows: OPENING_SCENARIOS.map(({ name, what }) => [number(name), what]),
    })}`;
}
