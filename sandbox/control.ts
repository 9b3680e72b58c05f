import type { FastifyInstance } from 'fastify';
import { controlBillers } from './control-billers.js';
import { controlCustomers } from './control-customers.js';
import { ControlError, type ForBiller } from './control-error.js';
import { controlFaults } from './control-faults.js';
import { controlPayments } from './control-payments.js';
import { controlPostbacks } from './control-postbacks.js';
import type { Announcer } from './announcer.js';
import type { Biller } from './biller.js';
import type { Clock } from './clock.js';
import type { Mailbox } from './mailbox.js';
import type { PostbackSender } from './postback.js';
import type { Store } from './store.js';
import type { Visits } from './visits.js';

export interface Controlled {
  readonly store: Store;
  readonly sender: PostbackSender;
  readonly announcer: Announcer;
  readonly visits: Visits;
  readonly mails: Mailbox;
}
interface OneOrAll {
  readonly billerGuid?: string;
}

/** What tests and demos steer the sandbox by; Invoice Cloud has nothing like it. All is apart for each biller. */
export function control(app: FastifyInstance, controlled: Controlled): void {
  const { store, sender, announcer } = controlled;
  const billerOf = (guid: string): Biller => {
    const found = store.biller(guid);
    if (!found) throw new ControlError(404, 'There is no such biller.');
    return found;
  };
  const clockOf = ({ billerGuid }: OneOrAll): Clock =>
    billerGuid === undefined ? store.clock : billerOf(billerGuid).clock;

  app.get('/_sandbox/health', () => ({ status: 'ok' }));

  controlBillers(app, store, billerOf);
  controlCustomers(app, billerOf);
  controlFaults(app, billerOf, announcer);
  controlPayments(app, store, billerOf, announcer);
  controlPostbacks(app, store, billerOf, sender);

  app.get<ForBiller>('/_sandbox/billers/:guid/requests', (request) => ({
    requests: billerOf(request.params.guid).requests,
  }));

  app.get<{ Querystring: OneOrAll }>('/_sandbox/clock', ({ query }) => clockView(clockOf(query)));

  app.post<{ Body: OneOrAll & { advanceSeconds: number } }>(
    '/_sandbox/clock',
    { schema: { body: ADVANCE } },
    ({ body }) => {
      const clock = clockOf(body);
      clock.advance(body.advanceSeconds);
      return clockView(clock);
    },
  );

  app.delete<{ Querystring: OneOrAll }>('/_sandbox/clock', ({ query }, reply) => {
    clockOf(query).reset();
    return reply.code(204).send();
  });

  app.post<{ Body: OneOrAll | null }>('/_sandbox/reset', { schema: { body: RESET } }, ({ body }, reply) => {
    resetOneOrAll(controlled, body?.billerGuid === undefined ? undefined : billerOf(body.billerGuid));
    return reply.code(204).send();
  });
}

/** One biller as if it had just been made, or the sandbox as it started. */
export function resetOneOrAll({ store, visits, mails }: Controlled, biller?: Biller): void {
  visits.endAll(biller);
  if (biller) {
    store.resetBiller(biller);
    return;
  }
  store.reset();
  mails.clear();
}

function clockView(clock: Clock) {
  return { now: clock.iso(), aheadSeconds: clock.aheadSeconds };
}

const TEXT = { type: 'string', minLength: 1 } as const;

const ADVANCE = {
  type: 'object',
  additionalProperties: false,
  required: ['advanceSeconds'],
  // A hundred years, so that the clock stays one that dates can be made of.
  properties: { billerGuid: TEXT, advanceSeconds: { type: 'integer', minimum: 0, maximum: 3_155_760_000 } },
} as const;

const RESET = { type: ['object', 'null'], additionalProperties: false, properties: { billerGuid: TEXT } } as const;
