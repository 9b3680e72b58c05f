import type { FastifyInstance } from 'fastify';
import { ControlError, type ForBiller } from './control-error.js';
import { imaginedPayment } from './payments.js';
import { changed, type FieldChanges } from './postback-faults.js';
import type { PostbackFields, PostbackForm, PostbackSender } from './postback.js';
import type { Biller, HostedPage } from './biller.js';
import type { Store } from './store.js';

interface PostbackBody {
  readonly paymentUrl?: string;
  readonly token?: string;
  readonly paymentGuid?: string;
  readonly fields?: FieldChanges;
  readonly form?: PostbackForm;
  readonly times?: number;
  readonly atOnce?: boolean;
}

/** Lets tests send a PostBack by hand, without a payment; the biller's faults do not touch it. */
export function controlPostbacks(
  app: FastifyInstance,
  store: Store,
  billerOf: (guid: string) => Biller,
  sender: PostbackSender,
): void {
  app.post<ForBiller & { Body: PostbackBody }>(
    '/_sandbox/billers/:guid/postbacks',
    { schema: { body: POSTBACK } },
    async ({ params, body }) => {
      const { paymentUrl, token = paymentUrl?.split('/').pop(), times = 1, form = 'form', atOnce = false } = body;
      const page = store.page(token ?? '');
      const biller = billerOf(params.guid);
      if (!page || page.biller !== biller) throw new ControlError(404, 'There is no such page.');
      const { postBackUrl } = page;
      if (postBackUrl === undefined) throw new ControlError(409, 'The page’s request gave no PostBackURL.');
      const fields = handMade(page, body);
      const send = () => sender.send(postBackUrl, fields, form, biller.clock);
      const outcomes = [];
      if (atOnce) outcomes.push(...(await Promise.all(Array.from({ length: times }, send))));
      else for (let sent = 0; sent < times; sent += 1) outcomes.push(await send());
      return { fields, outcomes };
    },
  );
}

/** The named payment's parameters or those of a payment that never was, then the test's changes. */
function handMade(page: HostedPage, { paymentGuid, fields = {} }: PostbackBody): PostbackFields {
  const payment = page.payments.find((one) => one.paymentGuid === paymentGuid);
  if (paymentGuid !== undefined && !payment) throw new ControlError(404, 'The page has no such payment.');
  return changed(payment?.parameters ?? imaginedPayment(page), fields);
}

const TEXT = { type: 'string', minLength: 1 } as const;

const POSTBACK = {
  type: 'object',
  additionalProperties: false,
  properties: {
    paymentUrl: TEXT,
    token: TEXT,
    paymentGuid: TEXT,
    fields: { type: 'object' },
    form: { enum: ['form', 'query', 'json'] },
    times: { type: 'integer', minimum: 1, maximum: 1000 },
    atOnce: { type: 'boolean' },
  },
} as const;
