import { randomUUID } from 'node:crypto';
import { ask } from './http.js';
import { decline, leaveClaimed, open, pay, repeat, told, wholeWay } from './journeys.js';
import { until } from './time.js';
import { message, type World } from './world.js';

export interface Scenario {
  readonly name: string;
  run(world: World): Promise<void>;
}

/** The ways of a payment, each ending as a client would end it. Every labelled step is reached by one of them. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'opened with a key, paid, told', run: (world) => wholeWay(world).then() },
  { name: 'opened without a key, paid, told', run: (world) => wholeWay(world, 'repeats', { key: false }).then() },
  { name: 'opened by the drop-in route', run: (world) => wholeWay(world, 'repeats', { dropIn: true }).then() },
  { name: 'paid, and the PostBack is sent once', run: (world) => wholeWay(world, 'once').then() },
  {
    name: 'opened again with the same key',
    async run(world) {
      const sameKey = randomUUID();
      const opened = await open(world, { sameKey });
      await open(world, { sameKey, invoiceNumber: opened.invoiceNumber });
    },
  },
  {
    name: 'opened at once with the same key',
    async run(world) {
      const wishes = { sameKey: randomUUID(), invoiceNumber: world.newInvoice() };
      const [opened] = await Promise.all([open(world, wishes), open(world, wishes), open(world, wishes)]);
      await pay(world, opened);
    },
  },
  {
    name: 'Invoice Cloud refuses the opening at first',
    async run(world) {
      await world.stage.sandbox.fault(world.biller, { kind: 'status', status: 500, times: 1 });
      await open(world);
    },
  },
  {
    name: 'Invoice Cloud refuses the opening at first, without a key',
    async run(world) {
      await world.stage.sandbox.fault(world.biller, { kind: 'status', status: 500, times: 1 });
      await open(world, { key: false });
    },
  },
  {
    name: 'refused, then paid',
    async run(world) {
      const opened = await open(world);
      await decline(world, opened);
      await pay(world, opened);
      await told(world, opened);
    },
  },
  {
    name: 'the PostBack comes again, alone and at once',
    async run(world) {
      const opened = await open(world);
      const guid = await world.stage.sandbox.pay(opened.page, 'approved');
      await repeat(world, opened, guid);
      await world.stage.sandbox.postBack(world.biller, opened.page, { paymentGuid: guid, times: 4, atOnce: true });
      await told(world, opened);
    },
  },
  {
    name: 'a PostBack that differs, and one for nobody',
    async run(world) {
      const opened = await open(world);
      const fields = { PaymentAmount: '1.00' };
      await world.stage.sandbox.postBack(world.biller, opened.page, { fields });
      const body = message(world, opened.invoiceNumber, randomUUID(), true);
      await ask(`${world.stage.links.inbound.url}/postbacks/${'x'.repeat(43)}`, { body }).catch(() => undefined);
      await pay(world, opened);
    },
  },
  {
    name: 'the partner fails at first',
    async run(world) {
      const invoiceNumber = world.newInvoice();
      world.stage.partner.plan(invoiceNumber, 'error', 'reset', 'answer-lost');
      const opened = await open(world, { invoiceNumber });
      await pay(world, opened);
      await told(world, opened);
    },
  },
  {
    name: 'the partner hangs at first',
    async run(world) {
      const invoiceNumber = world.newInvoice();
      world.stage.partner.plan(invoiceNumber, 'hang');
      const opened = await open(world, { invoiceNumber });
      await pay(world, opened);
      await told(world, opened);
    },
  },
  {
    name: 'a delivery was taken, and left',
    async run(world) {
      const invoiceNumber = world.newInvoice();
      world.stage.partner.plan(invoiceNumber, 'error', 'error');
      const opened = await open(world, { invoiceNumber });
      await pay(world, opened);
      await leaveClaimed(world, invoiceNumber);
      await told(world, opened);
    },
  },
  {
    name: 'openings that were begun and left',
    async run(world) {
      const [withKey, without] = [world.newInvoice(), world.newInvoice()];
      const key = randomUUID();
      // Both clients hang up while Invoice Cloud takes its time, and their process is killed.
      await world.stage.sandbox.fault(world.biller, { kind: 'delay', ms: 1_200, times: 2 });
      const left = [
        world.ask({ invoiceNumber: withKey, key, timeoutMs: 600 }),
        world.ask({ invoiceNumber: without, timeoutMs: 600 }),
      ];
      await until(async () => (await world.stage.tables.openings([world.billerId])) >= 2, 500, 20);
      await world.stage.tables.ageOpenings([world.billerId]);
      await Promise.all(left);
      await open(world, { sameKey: key, invoiceNumber: withKey });
    },
  },
];
