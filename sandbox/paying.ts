import { parseCents } from './fields.js';
import { money } from './html.js';
import { ONLY_TEST_NUMBERS, incomplete, instrumentIn, judge, methodOfInstrument } from './instrument.js';
import { attempt, dueLines, isExpired, type Due, type Part } from './payments.js';
import { paymentScenarioOf, type PaymentScenario } from './scenarios.js';
import type { Announcer } from './announcer.js';
import type { HostedPage } from './biller.js';
import type { Instrument, LedgerEntry } from './model.js';

/** What came of a form: an attempt in the ledger, or why there is none. */
export type Outcome =
  | { readonly status: 200; readonly approved: true; readonly entries: readonly LedgerEntry[] }
  | {
      readonly status: 402;
      readonly approved: false;
      readonly message: string;
      readonly entries: readonly LedgerEntry[];
    }
  | { readonly status: 409 | 410 | 422; readonly message: string; readonly entries: readonly [] };

/** Pays what a hosted page still takes, as its form says. Awaits nothing: two clicks at once meet one after the other. */
export function pay(page: HostedPage, form: URLSearchParams, remoteIp: string, announcer: Announcer): Outcome {
  if (isExpired(page)) return refused(410, 'This page has expired.');
  const due = dueLines(page);
  if (due.length === 0) return refused(409, 'There is nothing to pay.');
  if (form.has('cart') && form.get('cart') !== cartSeen(page, due)) {
    return refused(422, 'The cart has changed since this page was shown. Please check it and pay again.');
  }
  const by = instrumentIn(form);
  const problem = missing(page, by, form);
  if (problem !== undefined) return refused(422, problem);
  const parts = readAmounts(page, due, form);
  if (typeof parts === 'string') return refused(422, parts);
  const verdict = judge(by, form);
  if (!verdict.known) return refused(422, ONLY_TEST_NUMBERS);

  const scenario = scenarioOf(page, due) ?? verdict.scenario;
  const declined = scenario?.declined;
  const judgement =
    declined !== undefined && verdict.approved ? { ...verdict, approved: false, message: declined } : verdict;
  const paid = scenario?.halved && judgement.approved ? parts.map(halved) : parts;
  const how = {
    method: methodOfInstrument(by),
    ...((by === 'swipe' || by === 'emv') && { reader: by }),
    judgement,
    remoteIp,
    scenario: scenario?.name,
  };
  const entries = [...attempt(page, paid, how)];
  if (scenario?.twice && judgement.approved) entries.push(...attempt(page, paid, { ...how, again: true }));
  for (const entry of entries) announcer.announce(page, entry, scenario?.postback?.(entry));
  if (judgement.approved) return { status: 200, approved: true, entries };
  return { status: 402, approved: false, message: `${judgement.message}. Please try again.`, entries };
}

/** What a form was made for: which lines, and what each owed. A cart that changed meanwhile must not be paid unseen. */
export function cartSeen(page: HostedPage, due: readonly Due[]): string {
  return due.map(({ line, owedCents }) => `${page.cart.indexOf(line)}:${owedCents}`).join(',');
}

/** By the first invoice or account number that asks for one. */
function scenarioOf({ biller }: HostedPage, due: readonly Due[]): PaymentScenario | undefined {
  const numbers = due.flatMap(({ line }) => [line.invoice.number, line.customer.accountNumber]);
  return paymentScenarioOf(numbers, biller.played);
}

function halved(part: Part): Part {
  return { ...part, amountCents: Math.ceil(part.amountCents / 2) };
}

/** The field in which the payer types what to pay of a line. */
export function amountField(page: HostedPage, { line }: Due, due: readonly Due[]): string {
  return due.length === 1 ? 'amount' : `amount:${page.cart.indexOf(line)}`;
}

/** What to pay of each line, or what is wrong with an amount. No amount means all that is owed. */
function readAmounts(page: HostedPage, due: readonly Due[], form: URLSearchParams): readonly Part[] | string {
  const parts: Part[] = [];
  for (const one of due) {
    const typed = (form.get(amountField(page, one, due)) ?? '').trim().replace(/^\$/, '');
    const amountCents = typed === '' ? one.owedCents : parseCents(typed);
    if (amountCents === undefined || amountCents < one.leastCents || amountCents > one.mostCents) {
      return `Enter ${range(one)} for invoice ${one.line.invoice.number}.`;
    }
    parts.push({ due: one, amountCents });
  }
  return parts;
}

/** What may be typed, in words. */
export function range({ leastCents, mostCents }: Due): string {
  if (leastCents === mostCents) return `exactly ${money(leastCents)}`;
  return mostCents === Infinity
    ? `an amount of at least ${money(leastCents)}`
    : `an amount from ${money(leastCents)} to ${money(mostCents)}`;
}

/** What keeps a form from being an attempt at all. */
function missing(page: HostedPage, by: Instrument, form: URLSearchParams): string | undefined {
  return page.methods.includes(by) ? incomplete(by, form) : `This request takes no ${PLURALS[by]}.`;
}

const PLURALS: Readonly<Record<Instrument, string>> = {
  card: 'cards',
  bank: 'bank accounts',
  swipe: 'swiped cards',
  emv: 'chip cards',
};

function refused(status: 409 | 410 | 422, message: string): Outcome {
  return { status, message, entries: [] };
}
