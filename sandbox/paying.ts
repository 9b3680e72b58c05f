import { parseCents } from './fields.js';
import { money } from './html.js';
import { ONLY_TEST_NUMBERS, incomplete, judge } from './instrument.js';
import { attempt, dueLines, isExpired, type Due, type Part } from './payments.js';
import type { Announcer } from './announcer.js';
import type { HostedPage } from './biller.js';
import type { LedgerEntry, PaymentMethod } from './model.js';

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
  const method = form.get('method') === 'bank' ? 'bank' : 'card';
  const problem = missing(page, method, form);
  if (problem !== undefined) return refused(422, problem);
  const parts = readAmounts(page, due, form);
  if (typeof parts === 'string') return refused(422, parts);
  const verdict = judge(method, form);
  if (!verdict.known) return refused(422, ONLY_TEST_NUMBERS);

  const entries = attempt(page, parts, method, verdict, remoteIp);
  for (const entry of entries) announcer.announce(page, entry);
  if (verdict.approved) return { status: 200, approved: true, entries };
  return { status: 402, approved: false, message: `${verdict.message}. Please try again.`, entries };
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
function missing(page: HostedPage, method: PaymentMethod, form: URLSearchParams): string | undefined {
  if (method === 'card' && !page.allowCard) return 'This request takes no cards.';
  if (method === 'bank' && !page.allowBank) return 'This request takes no bank accounts.';
  return incomplete(method, form);
}

function refused(status: 409 | 410 | 422, message: string): Outcome {
  return { status, message, entries: [] };
}
