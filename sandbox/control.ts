import type { FastifyInstance } from 'fastify';
import { controlCustomers } from './control-customers.js';
import { ControlError, type ForBiller } from './control-error.js';
import { amount, parseCents } from './fields.js';
import { FAULT_KINDS, OPERATIONS, type FaultKind, type Operation } from './faults.js';
import { imaginedPayment } from './payments.js';
import { settled, type PostbackFields, type PostbackForm, type PostbackSender } from './postback.js';
import { PRESETS, TOKEN_LIFE_SECONDS } from './presets.js';
import type { Biller, HostedPage } from './biller.js';
import type { Store } from './store.js';

interface BillerBody {
  readonly billerGuid: string;
  readonly apiKey: string;
  readonly name: string;
  readonly dba?: string;
  readonly serviceFee?: string;
  readonly tokenLifeSeconds?: number;
  readonly personas?: boolean;
  readonly oneTimePaymentReturnUrl?: string;
}
interface FaultBody {
  readonly operation?: Operation;
  readonly kind: FaultKind;
  readonly ms?: number;
  readonly status?: number;
  readonly times?: number;
}
interface PostbackBody {
  readonly paymentUrl?: string;
  readonly token?: string;
  readonly paymentGuid?: string;
  readonly fields?: Readonly<Record<string, PostbackFields[string] | null>>;
  readonly form?: PostbackForm;
  readonly times?: number;
  readonly atOnce?: boolean;
}

/** What tests and demos steer the sandbox by; Invoice Cloud has nothing like it. All is apart for each biller. */
export function control(app: FastifyInstance, store: Store, postbacks: PostbackSender): void {
  const biller = (guid: string): Biller => {
    const found = store.biller(guid);
    if (!found) throw new ControlError(404, 'There is no such biller.');
    return found;
  };

  app.get('/_sandbox/health', () => ({ status: 'ok' }));

  app.get('/_sandbox/billers', () => ({ billers: store.all().map(billerView) }));

  app.post<{ Body: BillerBody }>('/_sandbox/billers', { schema: { body: BILLER } }, (request, reply) => {
    const { billerGuid, apiKey, name, dba = name, serviceFee = '0', oneTimePaymentReturnUrl } = request.body;
    const { tokenLifeSeconds = TOKEN_LIFE_SECONDS, personas = false } = request.body;
    const serviceFeeCents = parseCents(serviceFee);
    if (serviceFeeCents === undefined) throw new ControlError(400, 'serviceFee is not an amount.');
    const owner = store.byApiKey(apiKey);
    if (owner && owner !== store.biller(billerGuid)) throw new ControlError(409, 'The apiKey is another biller’s.');
    const isNew = !store.biller(billerGuid);
    if (
      oneTimePaymentReturnUrl !== undefined &&
      !/^https?:$/.test(URL.parse(oneTimePaymentReturnUrl)?.protocol ?? '')
    ) {
      throw new ControlError(400, 'oneTimePaymentReturnUrl is not a URL.');
    }
    const put = store.put({
      guid: billerGuid,
      apiKey,
      name,
      dba,
      serviceFeeCents,
      tokenLifeSeconds,
      personas,
      oneTimePaymentReturnUrl,
    });
    return reply.code(isNew ? 201 : 200).send(billerView(put));
  });

  controlCustomers(app, biller);

  app.get<ForBiller>('/_sandbox/billers/:guid/requests', (request) => ({
    requests: biller(request.params.guid).requests,
  }));

  app.get<ForBiller & { Querystring: { settled?: string } }>('/_sandbox/billers/:guid/ledger', async (request) => {
    const found = biller(request.params.guid);
    if (request.query.settled === 'true') await settled(found);
    return { attempts: found.ledger };
  });

  app.get<ForBiller>('/_sandbox/billers/:guid/faults', (request) => ({
    faults: biller(request.params.guid).faults.map(faultView),
  }));

  app.post<ForBiller & { Body: FaultBody }>(
    '/_sandbox/billers/:guid/faults',
    { schema: { body: FAULT } },
    (request, reply) => {
      const { operation, kind, ms = 0, status = kind === 'html' ? 200 : 500, times = 1 } = request.body;
      const fault = { operation, kind, ms, status, remaining: times === 0 ? Infinity : times };
      biller(request.params.guid).faults.push(fault);
      return reply.code(201).send(faultView(fault));
    },
  );

  app.delete<ForBiller>('/_sandbox/billers/:guid/faults', (request, reply) => {
    biller(request.params.guid).faults.length = 0;
    return reply.code(204).send();
  });

  app.post<ForBiller & { Body: PostbackBody }>(
    '/_sandbox/billers/:guid/postbacks',
    { schema: { body: POSTBACK } },
    async (request) => {
      const { paymentUrl, token = paymentUrl?.split('/').pop(), times = 1, form, atOnce = false } = request.body;
      const page = store.page(token ?? '');
      if (!page || page.biller !== biller(request.params.guid)) throw new ControlError(404, 'There is no such page.');
      const { postBackUrl } = page;
      if (postBackUrl === undefined) throw new ControlError(409, 'The page’s request gave no PostBackURL.');
      const fields = handMade(page, request.body);
      const send = () => postbacks.send(postBackUrl, fields, form);
      const outcomes = [];
      if (atOnce) outcomes.push(...(await Promise.all(Array.from({ length: times }, send))));
      else for (let sent = 0; sent < times; sent += 1) outcomes.push(await send());
      return { fields, outcomes };
    },
  );
}

/** Keys are shown for the presets alone: somebody may have typed a real one. */
function billerView({ settings }: Biller) {
  const preset = PRESETS.includes(settings);
  const { guid: billerGuid, apiKey, serviceFeeCents, ...shown } = settings;
  return { billerGuid, ...(preset && { apiKey }), ...shown, serviceFee: amount(serviceFeeCents), preset };
}

function faultView({ remaining, ...fault }: Biller['faults'][number]) {
  return { ...fault, times: remaining === Infinity ? 0 : remaining };
}

/** The named payment's parameters or those of a payment that never was, then the test's changes; null takes one away. */
function handMade(page: HostedPage, { paymentGuid, fields = {} }: PostbackBody): PostbackFields {
  const payment = page.payments.find((one) => one.paymentGuid === paymentGuid);
  if (paymentGuid !== undefined && !payment) throw new ControlError(404, 'The page has no such payment.');
  const all = { ...(payment?.parameters ?? imaginedPayment(page)), ...fields };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, PostbackFields[string]] => pair[1] !== null),
  );
}

const TEXT = { type: 'string', minLength: 1 } as const;
const TIMES = { type: 'integer', minimum: 0, maximum: 1000 } as const;

const BILLER = {
  type: 'object',
  additionalProperties: false,
  required: ['billerGuid', 'apiKey', 'name'],
  properties: {
    billerGuid: TEXT,
    apiKey: TEXT,
    name: TEXT,
    dba: TEXT,
    serviceFee: TEXT,
    tokenLifeSeconds: { type: 'integer', minimum: 0, maximum: 86_400 },
    personas: { type: 'boolean' },
    oneTimePaymentReturnUrl: TEXT,
  },
} as const;

const FAULT = {
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  properties: {
    operation: { enum: OPERATIONS },
    kind: { enum: FAULT_KINDS },
    ms: { type: 'integer', minimum: 0, maximum: 600_000 },
    status: { type: 'integer', minimum: 200, maximum: 599 },
    times: TIMES,
  },
} as const;

const POSTBACK = {
  type: 'object',
  additionalProperties: false,
  properties: {
    paymentUrl: TEXT,
    token: TEXT,
    paymentGuid: TEXT,
    fields: { type: 'object' },
    form: { enum: ['form', 'query', 'json'] },
    times: { ...TIMES, minimum: 1 },
    atOnce: { type: 'boolean' },
  },
} as const;
