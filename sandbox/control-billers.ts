import type { FastifyInstance } from 'fastify';
import { ControlError, type ForBiller } from './control-error.js';
import { amount, parseCents } from './fields.js';
import { BILLER_DEFAULTS, PRESETS, type BillerSettings } from './presets.js';
import type { Biller } from './biller.js';
import type { Store } from './store.js';

/** Null takes a setting away. */
interface SettingsBody {
  readonly apiKey?: string;
  readonly webServiceKey?: string | null;
  readonly name?: string;
  readonly dba?: string;
  readonly serviceFee?: string;
  readonly tokenLifeSeconds?: number;
  readonly personas?: boolean;
  readonly oneTimePaymentReturnUrl?: string | null;
  readonly soapSeesCloudPayments?: boolean;
  readonly allowOverpayment?: boolean;
  readonly doubleCharge?: boolean;
  readonly returnInFrame?: boolean;
  readonly pageSeconds?: number | null;
  readonly postbackRetries?: readonly number[];
}
interface BillerBody extends SettingsBody {
  readonly billerGuid: string;
  readonly apiKey: string;
  readonly name: string;
}

/** Makes billers and changes their settings. */
export function controlBillers(app: FastifyInstance, store: Store, billerOf: (guid: string) => Biller): void {
  app.get('/_sandbox/billers', () => ({ billers: store.all().map(billerView) }));

  app.post<{ Body: BillerBody }>('/_sandbox/billers', { schema: { body: BILLER } }, (request, reply) => {
    const { billerGuid: guid, ...body } = request.body;
    const { apiKey, name } = body;
    const isNew = !store.biller(guid);
    const put = putSettings(store, { ...BILLER_DEFAULTS, guid, apiKey, name, dba: name }, body);
    return reply.code(isNew ? 201 : 200).send(billerView(put));
  });

  app.patch<ForBiller & { Body: SettingsBody }>(
    '/_sandbox/billers/:guid',
    { schema: { body: CHANGES } },
    ({ params, body }) => billerView(putSettings(store, billerOf(params.guid).settings, body)),
  );
}

/** Checks all before it changes anything. */
function putSettings(store: Store, before: BillerSettings, { serviceFee, ...changes }: SettingsBody): Biller {
  const serviceFeeCents = serviceFee === undefined ? before.serviceFeeCents : parseCents(serviceFee);
  if (serviceFeeCents === undefined) throw new ControlError(400, 'serviceFee is not an amount.');
  const { oneTimePaymentReturnUrl, webServiceKey, pageSeconds, ...rest } = { ...before, ...changes };
  const owner = store.byApiKey(rest.apiKey);
  if (owner && owner !== store.biller(before.guid)) throw new ControlError(409, 'The apiKey is another biller’s.');
  if (
    typeof oneTimePaymentReturnUrl === 'string' &&
    !/^https?:$/.test(URL.parse(oneTimePaymentReturnUrl)?.protocol ?? '')
  ) {
    throw new ControlError(400, 'oneTimePaymentReturnUrl is not a URL.');
  }
  return store.put({
    ...rest,
    serviceFeeCents,
    oneTimePaymentReturnUrl: oneTimePaymentReturnUrl ?? undefined,
    webServiceKey: webServiceKey ?? undefined,
    pageSeconds: pageSeconds ?? undefined,
  });
}

/** Keys are shown for the presets alone, and not where one was changed: somebody may have typed a real one. */
function billerView({ settings }: Biller) {
  const preset = PRESETS.find(({ guid }) => guid === settings.guid);
  const { guid: billerGuid, apiKey, webServiceKey, serviceFeeCents, ...shown } = settings;
  return {
    billerGuid,
    ...(preset?.apiKey === apiKey && { apiKey }),
    ...(preset?.webServiceKey === webServiceKey && { webServiceKey }),
    ...shown,
    serviceFee: amount(serviceFeeCents),
    preset: preset !== undefined,
  };
}

const TEXT = { type: 'string', minLength: 1 } as const;
const TEXT_OR_NULL = { type: ['string', 'null'], minLength: 1 } as const;

const SETTINGS = {
  apiKey: TEXT,
  webServiceKey: TEXT_OR_NULL,
  name: TEXT,
  dba: TEXT,
  serviceFee: TEXT,
  tokenLifeSeconds: { type: 'integer', minimum: 0, maximum: 86_400 },
  personas: { type: 'boolean' },
  oneTimePaymentReturnUrl: TEXT_OR_NULL,
  soapSeesCloudPayments: { type: 'boolean' },
  allowOverpayment: { type: 'boolean' },
  doubleCharge: { type: 'boolean' },
  returnInFrame: { type: 'boolean' },
  pageSeconds: { type: ['integer', 'null'], minimum: 0, maximum: 31_536_000 },
  postbackRetries: { type: 'array', maxItems: 20, items: { type: 'integer', minimum: 0, maximum: 600_000 } },
} as const;

const BILLER = {
  type: 'object',
  additionalProperties: false,
  required: ['billerGuid', 'apiKey', 'name'],
  properties: { billerGuid: TEXT, ...SETTINGS },
} as const;

const CHANGES = { type: 'object', additionalProperties: false, properties: SETTINGS } as const;
