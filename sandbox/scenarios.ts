import { amount } from './fields.js';
import type { Fault } from './faults.js';
import type { LedgerEntry } from './model.js';
import type { PostbackFault } from './postback-faults.js';

/** How a payment goes that was asked for by its test card, its invoice number or its account number. */
export interface PaymentScenario {
  readonly name: string;
  readonly what: string;
  /** The test card that asks for it; absent: an invoice or account number alone does. */
  readonly card?: string;
  /** Why it is declined. */
  readonly declined?: string;
  /** Half of the amount is approved, as an issuer may. */
  readonly halved?: true;
  /** The money is taken twice, by two payments. */
  readonly twice?: true;
  /** What befalls each PostBack. */
  readonly postback?: (entry: LedgerEntry) => PostbackFault;
}

/** How a call that opens a page goes which names an invoice or an account like this. */
interface OpeningScenario {
  readonly name: string;
  readonly what: string;
  readonly fault: Pick<Fault, 'kind'> & Partial<Fault>;
}

const DEFAULT_SECONDS = 5;

export const PAYMENT_SCENARIOS: readonly PaymentScenario[] = [
  {
    name: 'DECLINED',
    what: 'Declined: insufficient funds',
    card: '4000000000009996',
    declined: 'Declined: insufficient funds',
  },
  { name: 'EXPIRED', what: 'Declined: expired card', card: '4000000000000068', declined: 'Declined: expired card' },
  { name: 'LATE', what: 'Approved, and the PostBack comes 5 seconds late', card: '4000000000001001', postback: late },
  {
    name: 'MISSING',
    what: 'Approved, and no PostBack is ever sent',
    card: '4000000000001002',
    postback: () => postback('missing'),
  },
  {
    name: 'TWICE',
    what: 'Approved, and the PostBack is sent a second time once the first was answered',
    card: '4000000000001003',
    postback: () => postback('twice'),
  },
  {
    name: 'ATONCE',
    what: 'Approved, and the PostBack is sent twice in the same moment',
    card: '4000000000001004',
    postback: () => postback('twice', { atOnce: true }),
  },
  {
    name: 'ORDER',
    what: 'Out of order: the PostBack waits until the biller’s next one was sent',
    card: '4000000000001005',
    postback: () => postback('out-of-order'),
  },
  {
    name: 'FORGED',
    what: 'Approved, and a forged refusal arrives before the PostBack',
    card: '4000000000001006',
    postback: () => postback('forged-refusal'),
  },
  {
    name: 'AMOUNT',
    what: 'Approved, and the PostBack tells one dollar more than was paid',
    card: '4000000000001007',
    postback: ({ amountCents }) => postback('changed', { fields: { PaymentAmount: amount(amountCents + 100) } }),
  },
  {
    name: 'DOUBLE',
    what: 'Approved and charged twice: two payments, two PaymentGUIDs, two PostBacks',
    card: '4000000000001008',
    twice: true,
  },
  {
    name: 'PARTIAL',
    what: 'Half of the amount is approved; the rest stays due',
    card: '4000000000001009',
    halved: true,
  },
];

export const OPENING_SCENARIOS: readonly OpeningScenario[] = [
  { name: 'SLOW', what: 'Answered after 5 seconds', fault: { kind: 'delay' } },
  { name: '401', what: 'Answered 401', fault: { kind: 'status', status: 401 } },
  { name: '429', what: 'Answered 429', fault: { kind: 'status', status: 429 } },
  { name: '500', what: 'Answered 500; any number from 400 to 599 will do', fault: { kind: 'status', status: 500 } },
  { name: 'HTML', what: 'Answered by an HTML page, with 200', fault: { kind: 'html', status: 200 } },
  { name: 'HALF', what: 'Answered half, and the connection closed', fault: { kind: 'half-body' } },
  { name: 'SOCKET', what: 'A dead socket: the connection is reset without an answer', fault: { kind: 'reset' } },
  { name: 'LOST', what: 'The page is opened, and the answer lost', fault: { kind: 'answer-lost' } },
];

/** `FAULT-<name>-…`, `FAULT-<name>-ONCE-…` */
interface Named {
  readonly name: string;
  readonly seconds: number;
  readonly once: boolean;
}

/** What a number asks for; undefined where it is an ordinary one. */
function read(number: string | undefined): Named | undefined {
  const [, word = '', once] = /^FAULT-([A-Z0-9]+)-(ONCE-)?/i.exec(number ?? '') ?? [];
  if (word === '') return undefined;
  const [, name = word.toUpperCase(), seconds = DEFAULT_SECONDS] = /^(SLOW|LATE)(\d{0,3})$/i.exec(word) ?? [];
  return {
    name: name.toUpperCase(),
    seconds: Number(seconds === '' ? DEFAULT_SECONDS : seconds),
    once: once !== undefined,
  };
}

/** True for a number that has the form of a scenario and names none: a slip that a test should hear of. */
export function isUnknownScenario(number: string): boolean {
  const named = read(number);
  return named !== undefined && !paymentScenario(named) && !openingFault(named);
}

/** The first of these numbers that asks for a payment to go wrong. `played` remembers those that ask for it once. */
export function paymentScenarioOf(numbers: readonly string[], played: Set<string>): PaymentScenario | undefined {
  return firstOf(numbers, played, paymentScenario);
}

/** The first of these numbers that asks for a call to go wrong. */
export function openingFaultOf(numbers: readonly string[], played: Set<string>): Fault | undefined {
  return firstOf(numbers, played, openingFault);
}

function firstOf<T>(numbers: readonly string[], played: Set<string>, find: (named: Named) => T | undefined) {
  for (const number of numbers) {
    const named = read(number);
    const found = named && find(named);
    if (!found || (named.once && played.has(number))) continue;
    if (named.once) played.add(number);
    return found;
  }
  return undefined;
}

function paymentScenario({ name, seconds }: Named): PaymentScenario | undefined {
  const found = PAYMENT_SCENARIOS.find((one) => one.name === name);
  return found?.postback === late ? { ...found, postback: () => postback('delay', { ms: seconds * 1000 }) } : found;
}

function openingFault({ name, seconds }: Named): Fault | undefined {
  const status = /^[45]\d\d$/.test(name) ? Number(name) : 500;
  const found =
    OPENING_SCENARIOS.find((one) => one.name === name)?.fault ??
    (String(status) === name ? { kind: 'status' as const } : undefined);
  const ms = found?.kind === 'delay' ? seconds * 1000 : 0;
  return found && { ms, status, remaining: 1, ...found };
}

function late(): PostbackFault {
  return postback('delay', { ms: DEFAULT_SECONDS * 1000 });
}

function postback(kind: PostbackFault['kind'], more: Partial<PostbackFault> = {}): PostbackFault {
  return { operation: 'postback', kind, ms: 0, fields: {}, atOnce: false, remaining: 1, ...more };
}
