import { randomUUID } from 'node:crypto';
import { Refusal } from './fields.js';
import { html, type Html } from './html.js';
import { ONLY_TEST_NUMBERS, incomplete, judge } from './instrument.js';
import { bankFields, cardFields } from './instrument-fields.js';
import { testNumbers } from './test-number-tables.js';
import { visitPath, type Section } from './visit-layout.js';
import type { Visit } from './visits.js';
import type { StoredMethod } from './model.js';

const METHODS_KEPT = 20;

export function methodsPage(visit: Visit): Section {
  const action = visitPath(visit, 'payment-options');
  return {
    name: 'payment-options',
    heading: 'Payment methods',
    main: html`${visit.user.methods.length === 0 && html`<p class="card">No payment method is stored.</p>`}
      ${visit.user.methods.map(
        (method) =>
          html`<form class="card row" method="post" action="${action}">
            <p><strong>${methodName(method)}</strong></p>
            <input type="hidden" name="method" value="${method.id}" />
            <button class="secondary" type="submit" name="action" value="remove">
              Remove<span class="hidden"> ${methodName(method)}</span>
            </button>
          </form>`,
      )}
      <div class="tiles">${cardForm(action)} ${bankForm(action)}</div>
      ${testNumbers()}`,
  };
}

/** Of a test number nothing is kept but the brand and the last four digits. */
export function changeMethods(visit: Visit, form: URLSearchParams): string {
  const action = form.get('action');
  if (action === 'remove') remove(visit, methodOf(visit, form));
  else if (action === 'add-card') add(visit, form, 'card');
  else if (action === 'add-bank') add(visit, form, 'bank');
  else throw new Refusal('Choose what to do.');
  return visitPath(visit, 'payment-options');
}

export function methodName({ brand, lastFour }: StoredMethod): string {
  const shown = brand === 'VISA' ? 'Visa' : brand === 'MASTERCARD' ? 'Mastercard' : brand;
  return `${shown} ending in ${lastFour}`;
}

export function methodOf({ user }: Visit, form: URLSearchParams): StoredMethod {
  const method = user.methods.find(({ id }) => id === form.get('method'));
  if (!method) throw new Refusal('Choose a payment method.');
  return method;
}

export function methodSelect(methods: readonly StoredMethod[], id: string): Html {
  return html`<label for="${id}">Pay with</label>
    <select id="${id}" name="method" required>
      ${methods.map((method) => html`<option value="${method.id}">${methodName(method)}</option> `)}
    </select>`;
}

function add(visit: Visit, form: URLSearchParams, kind: 'card' | 'bank'): void {
  const { user } = visit;
  if (user.methods.length >= METHODS_KEPT) throw new Refusal('Remove a payment method first.');
  const problem = incomplete(kind, form);
  if (problem !== undefined) throw new Refusal(problem);
  const verdict = judge(kind, form);
  if (!verdict.known) throw new Refusal(ONLY_TEST_NUMBERS);
  if (!verdict.approved) throw new Refusal(`${verdict.message}. It was not stored.`);
  const number = (form.get(kind === 'card' ? 'cardNumber' : 'accountNumber') ?? '').replace(/\D/g, '');
  const method = { id: randomUUID(), brand: verdict.cardType || 'Bank account', lastFour: number.slice(-4) };
  user.methods.push(method);
  visit.notice = `${methodName(method)} is stored.`;
}

/** What would pay with it must find another method first, or end. */
function remove(visit: Visit, method: StoredMethod): void {
  const { user } = visit;
  if ([...user.autopay.values()].includes(method.id)) throw new Refusal('AutoPay uses it. Stop AutoPay first.');
  if (user.scheduled.some(({ methodId }) => methodId === method.id)) {
    throw new Refusal('A scheduled payment uses it. Cancel that first.');
  }
  user.methods = user.methods.filter((one) => one !== method);
  visit.notice = `${methodName(method)} is removed.`;
}

function cardForm(action: string): Html {
  return html`<form class="card" method="post" action="${action}" aria-labelledby="add-card">
    <h2 id="add-card">Add a card</h2>
    ${cardFields()}
    <button class="wide" type="submit" name="action" value="add-card">Store the card</button>
  </form>`;
}

function bankForm(action: string): Html {
  return html`<form class="card" method="post" action="${action}" aria-labelledby="add-bank">
    <h2 id="add-bank">Add a bank account</h2>
    ${bankFields()}
    <button class="wide" type="submit" name="action" value="add-bank">Store the bank account</button>
  </form>`;
}
