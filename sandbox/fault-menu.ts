import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ControlError } from './control-error.js';
import { addFault, clearFaults, type FaultBody } from './control-faults.js';
import { POSTBACK_PRESETS, WIRE_PRESETS } from './fault-menu-presets.js';
import { faultMenuPage, menuPath } from './fault-menu-page.js';
import { FAULT_KINDS, OPERATIONS } from './faults.js';
import { amount } from './fields.js';
import { POSTBACK_FAULT_KINDS, changed, type FieldChanges } from './postback-faults.js';
import { formIn, showTool } from './portal.js';
import { resetOneOrAll, type Controlled } from './control.js';
import type { Biller } from './biller.js';

type ForMenu = FastifyRequest<{ Querystring: Readonly<Record<string, string | string[] | undefined>> }>;
/** Does what a form asks; the answer tells what was done. */
type Action = (biller: Biller, form: URLSearchParams) => string | Promise<string>;

const NOTICES_KEPT = 100;

/** The control API's faults, clock, reset and PostBacks by hand, as a page with plain forms. */
export function faultMenu(app: FastifyInstance, controlled: Controlled): void {
  const { store } = controlled;
  const actions = actionsOf(controlled);
  /** What was done, by a number in the address: said once, and nothing that an address brings is ever shown. */
  const notices = new Map<string, string>();
  const billerOf = ({ query }: ForMenu): Biller | undefined =>
    query.biller === undefined ? store.all()[0] : store.biller([query.biller].flat()[0] ?? '');
  const shown = (reply: FastifyReply, status: number, biller: Biller, said: { notice?: string; problem?: string }) =>
    showTool(reply, status, faultMenuPage({ billers: store.all(), biller, ...said }));
  const unknown = (reply: FastifyReply) => {
    const [biller] = store.all();
    if (!biller) return reply.code(404).send({ message: 'There is no biller.' });
    return shown(reply, 404, biller, { problem: 'There is no such biller (any more). This is another one.' });
  };

  app.get('/_sandbox/faults', (request: ForMenu, reply) => {
    const biller = billerOf(request);
    if (!biller) return unknown(reply);
    const id = [request.query.done].flat()[0] ?? '';
    const notice = notices.get(id);
    notices.delete(id);
    return shown(reply, 200, biller, { notice });
  });

  app.post('/_sandbox/faults', async (request: ForMenu, reply) => {
    // A page elsewhere must not steer a developer's sandbox by a form of its own.
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      return reply.code(403).send({ message: 'Only the sandbox’s own page may send this form.' });
    }
    const biller = billerOf(request);
    if (!biller) return unknown(reply);
    const form = formIn(request);
    try {
      const act = actions[form.get('action') ?? ''];
      if (!act) throw new ControlError(422, 'Choose what to do.');
      const id = randomUUID();
      notices.set(id, await act(biller, form));
      const [oldest] = notices.keys();
      if (notices.size > NOTICES_KEPT && oldest !== undefined) notices.delete(oldest);
      // A reset of the sandbox may have left no such biller.
      const next = store.biller(biller.settings.guid) ?? store.all()[0] ?? biller;
      return reply.redirect(`${menuPath(next)}&done=${id}`, 303);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return shown(reply, 422, biller, { problem: error.message });
    }
  });
}

function actionsOf(controlled: Controlled): Readonly<Record<string, Action>> {
  const { announcer } = controlled;
  const advance = (seconds: number, said: string) => (biller: Biller) => {
    biller.clock.advance(seconds);
    return said;
  };
  return {
    preset: (biller, form) => {
      const preset = [...WIRE_PRESETS, ...POSTBACK_PRESETS].find(({ id }) => id === form.get('preset'));
      if (!preset) throw new ControlError(422, 'Choose a fault.');
      addFault(biller, preset.fault);
      return `Armed: ${preset.fault.operation}, ${preset.label}.`;
    },
    arm: (biller, form) => {
      const { kind, operation } = addFault(biller, readFault(form));
      return `Armed: ${operation ?? 'any call'}, ${kind}.`;
    },
    clear: (biller) => {
      clearFaults(biller, announcer);
      return 'Nothing is armed any more, and what was held back is sent.';
    },
    hour: advance(3600, 'The clock is an hour further.'),
    day: advance(86_400, 'The clock is a day further.'),
    now: (biller) => {
      biller.clock.reset();
      return 'The clock is right again.';
    },
    reset: (biller) => {
      resetOneOrAll(controlled, biller);
      return 'The biller is as new; it kept its settings.';
    },
    'reset-all': () => {
      resetOneOrAll(controlled);
      return 'The sandbox is as it started.';
    },
    postback: (biller, form) => sendAnother(controlled, biller, form),
  };
}

/** As the control API takes it. */
function readFault(form: URLSearchParams): FaultBody {
  const operation = form.get('operation') || undefined;
  const kind = form.get('kind') ?? '';
  if (operation !== undefined && operation !== 'postback' && !isOneOf(OPERATIONS, operation)) {
    throw new ControlError(422, 'Choose an operation.');
  }
  if (!isOneOf(FAULT_KINDS, kind) && !isOneOf(POSTBACK_FAULT_KINDS, kind))
    throw new ControlError(422, 'Choose a kind.');
  const status = readNumber(form, 'status', 200, 599);
  const fields = readFields(form);
  return {
    operation,
    kind,
    times: readNumber(form, 'times', 0, 100_000),
    ms: readNumber(form, 'ms', 0, 600_000),
    ...(status !== undefined && { status }),
    ...(fields && { fields }),
  };
}

function isOneOf<T extends string>(all: readonly T[], one: string): one is T {
  return (all as readonly string[]).includes(one);
}

function readNumber(form: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const typed = (form.get(name) ?? '').trim();
  if (typed === '') return undefined;
  const value = /^\d{1,6}$/.test(typed) ? Number(typed) : NaN;
  if (!(value >= least && value <= most)) throw new ControlError(422, `${name} must be from ${least} to ${most}.`);
  return value;
}

function readFields(form: URLSearchParams): FieldChanges | undefined {
  const typed = (form.get('fields') ?? '').trim();
  if (typed === '') return undefined;
  const fields = parsed(typed);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new ControlError(422, 'The fields must be a JSON object, as {"PaymentAmount": "1.00"}.');
  }
  return fields as FieldChanges;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The payment's PostBack again, or one that lies. What was sent by hand is no part of the ledger. */
async function sendAnother({ store, sender }: Controlled, biller: Biller, form: URLSearchParams): Promise<string> {
  const guid = form.get('payment') ?? '';
  const page = store.pageOf(biller, guid);
  const entry = page?.payments.find(({ paymentGuid }) => paymentGuid === guid);
  if (!page || !entry) throw new ControlError(422, 'There is no such payment any more.');
  if (page.postBackUrl === undefined) throw new ControlError(422, 'The page’s request gave no PostBackURL.');
  const changes: Readonly<Record<string, FieldChanges>> = {
    again: {},
    forged: { Approved: 'False', PaymentMessage: 'Declined', PaymentGUID: randomUUID() },
    amount: { PaymentAmount: amount(entry.amountCents + 100) },
  };
  const what = form.get('what') ?? '';
  const change = changes[what];
  if (!change) throw new ControlError(422, 'Choose what to send.');
  const { status, error } = await sender.send(
    page.postBackUrl,
    changed(entry.parameters, change),
    'form',
    biller.clock,
  );
  const names: Readonly<Record<string, string>> = {
    again: 'PostBack',
    forged: 'forged refusal',
    amount: 'other amount',
  };
  return `The ${names[what]} of invoice ${entry.invoiceNumber} was sent: ${status === null ? `no answer (${error})` : `answered ${status}`}.`;
}
