import type { FastifyInstance, FastifyReply } from 'fastify';
import { settled, type Announcer } from './announcer.js';
import { ControlError, type ForBiller } from './control-error.js';
import { pay } from './paying.js';
import { TEST_BANK_ACCOUNTS, TEST_CARDS } from './test-numbers.js';
import type { Biller } from './biller.js';
import type { Instrument, LedgerEntry } from './model.js';
import type { Store } from './store.js';

interface ByHand {
  readonly method?: Instrument;
  readonly number?: string;
  readonly routing?: string;
  readonly amount?: string;
}
interface Payment extends ByHand {
  readonly paymentUrl?: string;
  readonly token?: string;
}
interface LedgerQuery {
  readonly settled?: string;
  readonly since?: string;
  readonly attempts?: string;
}

/** Pays without a browser, as the hosted page's form does, and tells what was paid. */
export function controlPayments(
  app: FastifyInstance,
  store: Store,
  billerOf: (guid: string) => Biller,
  announcer: Announcer,
): void {
  const make = (token: string, instrument: ByHand) => {
    const page = store.page(token);
    if (!page) return { status: 404, paymentGuid: null, attempts: [], message: 'There is no such page.' };
    const outcome = pay(page, formOf(instrument), '127.0.0.1', announcer);
    const { status, entries: attempts } = outcome;
    const message = 'message' in outcome ? outcome.message : null;
    return { status, paymentGuid: attempts[0]?.paymentGuid ?? null, attempts, message };
  };
  /** An attempt that was declined is an attempt made: it is in the ledger, and told to the partner. */
  const answer = (reply: FastifyReply, { status, ...made }: ReturnType<typeof make>) =>
    reply.code(made.attempts.length > 0 ? 201 : status).send(made);

  app.post<{ Params: { token: string }; Body: ByHand | null }>(
    '/_sandbox/pages/:token/pay',
    { schema: { body: { ...INSTRUMENT, type: ['object', 'null'] } } },
    (request, reply) => answer(reply, make(request.params.token, request.body ?? {})),
  );
  app.post<{ Body: Payment }>('/_sandbox/pay', { schema: { body: PAYMENT } }, ({ body }, reply) =>
    answer(reply, make(tokenOf(body), body)),
  );
  app.post<{ Body: { payments: readonly Payment[] } }>(
    '/_sandbox/pay/bulk',
    { schema: { body: BULK } },
    ({ body }) => ({
      results: body.payments.map((payment) => make(tokenOf(payment), payment)),
    }),
  );

  app.get<ForBiller & { Querystring: LedgerQuery }>(
    '/_sandbox/billers/:guid/ledger',
    { schema: { querystring: LEDGER } },
    async ({ params, query }) => {
      const biller = billerOf(params.guid);
      if (query.settled === 'true') await settled(biller);
      const since = query.since === undefined ? -Infinity : Date.parse(query.since);
      if (Number.isNaN(since)) throw new ControlError(400, 'since is not an instant, as 2025-04-17T12:00:00.000Z.');
      const entries = biller.ledger.filter((entry) => since === -Infinity || Date.parse(entry.at) >= since);
      return { ...(query.attempts !== 'false' && { attempts: entries }), totals: totals(entries) };
    },
  );
}

/** What the browser would send; the sandbox's own numbers unless others are given. */
function formOf({ method = 'card', number, routing, amount }: ByHand): URLSearchParams {
  const [card] = TEST_CARDS;
  const [bank] = TEST_BANK_ACCOUNTS;
  const form: Record<string, string> =
    method !== 'bank'
      ? { method, [method === 'card' ? 'cardNumber' : 'testCard']: number ?? card?.number ?? '', ...CARD_FIELDS }
      : { method, routingNumber: routing ?? bank?.routing ?? '', accountNumber: number ?? bank?.account ?? '' };
  return new URLSearchParams(amount === undefined ? form : { ...form, amount });
}

const CARD_FIELDS = { expiry: '12/30', securityCode: '123' } as const;

function tokenOf({ paymentUrl, token = paymentUrl?.split('/').pop() }: Payment): string {
  return token ?? '';
}

/** In cents. Money moved by approved attempts alone. */
function totals(entries: readonly LedgerEntry[]) {
  const approved = entries.filter((entry) => entry.approved);
  const sum = (part: (entry: LedgerEntry) => number) => approved.reduce((all, entry) => all + part(entry), 0);
  return {
    attempts: entries.length,
    approved: approved.length,
    duplicates: approved.filter(({ duplicate }) => duplicate).length,
    amountCents: sum((entry) => entry.amountCents),
    feeCents: sum((entry) => entry.feeCents),
    movedCents: sum((entry) => entry.amountCents + entry.feeCents),
  };
}

const TEXT = { type: 'string', minLength: 1 } as const;
const INSTRUMENT_FIELDS = {
  method: { enum: ['card', 'bank', 'swipe', 'emv'] },
  number: TEXT,
  routing: TEXT,
  amount: TEXT,
} as const;
const INSTRUMENT = { type: 'object', additionalProperties: false, properties: INSTRUMENT_FIELDS } as const;
const PAYMENT = {
  type: 'object',
  additionalProperties: false,
  properties: { paymentUrl: TEXT, token: TEXT, ...INSTRUMENT_FIELDS },
} as const;
const BULK = {
  type: 'object',
  additionalProperties: false,
  required: ['payments'],
  properties: { payments: { type: 'array', maxItems: 1000, items: PAYMENT } },
} as const;
const LEDGER = {
  type: 'object',
  properties: { settled: { type: 'string' }, since: { type: 'string' }, attempts: { enum: ['true', 'false'] } },
} as const;
