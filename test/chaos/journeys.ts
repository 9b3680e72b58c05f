import { randomUUID } from 'node:crypto';
import type { Answer } from './http.js';
import { isTaken } from './sandbox.js';
import { sleep, until } from './time.js';
import { accountOf, type Opened, type Provider, type Surroundings, type World } from './world.js';

/** A client gives up at last; whatever takes this long is a failure of the run. */
const PATIENCE_MS = 90_000;
/**
 * The breaker holds an endpoint back for 5, 10, 20, 40 seconds after each failed probe, and a probe whose process dies for a claim's
 * twelve more: one invoice that is planned to fail three times in a row, when the breaker has just opened, takes more than 75.
 */
const TOLD_WITHIN_MS = 180_000;

export interface OpenWishes {
  /** Send an Idempotency-Key, and repeat with it. Without, we find the earlier page by its invoice. */
  readonly key?: boolean;
  readonly dropIn?: boolean;
  readonly invoiceNumber?: string;
  readonly accountNumber?: string;
  /** The key of an earlier request. */
  readonly sameKey?: string;
  /** What several requests must have one answer for, beside their key. */
  readonly one?: string;
  /** The partner names no address to be told at. */
  readonly untold?: boolean;
}

/** Asks until it is answered, as a partner's backend does. @throws Error after its patience */
export async function open(world: World<Surroundings>, wishes: OpenWishes = {}): Promise<Opened> {
  const {
    dropIn = false,
    untold = false,
    invoiceNumber = world.newInvoice(),
    accountNumber = accountOf(invoiceNumber),
  } = wishes;
  const key = wishes.sameKey ?? (wishes.key === false ? undefined : randomUUID());
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    const answer = await world.ask({ invoiceNumber, accountNumber, key, dropIn, untold });
    if (answer && isTaken(answer.status)) {
      const page = pageOf(answer.text);
      if (key !== undefined) world.note(`key ${key}`, page);
      if (wishes.one !== undefined) world.note(wishes.one, page);
      return { page, invoiceNumber, accountNumber };
    }
    if (answer && !mayComeRight(answer)) {
      world.problems.push(`an opening was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
      break;
    }
    await sleep(answer?.status === 409 ? 1_000 : 250);
  }
  throw new Error(`invoice ${invoiceNumber} could not be opened`);
}

/** Whether the same request may be answered otherwise later: nothing here is a wrong request. */
function mayComeRight({ status, text }: Answer): boolean {
  if (status === 409) return !/invoice_already_paid/.test(text);
  return status >= 500 || status === 425 || status === 429;
}

function pageOf(text: string): string {
  const body = JSON.parse(text) as { cloudPaymentUrl?: string; Data?: { CloudPaymentURL: string } };
  return body.cloudPaymentUrl ?? body.Data?.CloudPaymentURL ?? '';
}

/** The payer pays; Invoice Cloud posts back, once, or until it is answered. */
export async function pay(world: World, opened: Opened, provider: Provider = 'repeats'): Promise<void> {
  if (provider === 'once') world.once.add(opened.invoiceNumber);
  const guid = await world.stage.sandbox.pay(opened.page, 'approved');
  if (provider === 'repeats') await repeat(world, opened, guid);
}

/** The payer's card is refused. */
export async function decline(world: World, opened: Opened): Promise<void> {
  const guid = await world.stage.sandbox.pay(opened.page, 'declined');
  await repeat(world, opened, guid);
}

/** Posts back until it is taken, beside the PostBack that the payment itself has caused. */
export async function repeat(world: World, opened: Opened, paymentGuid: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    const statuses = await world.stage.sandbox.postBack(world.biller, opened.page, { paymentGuid });
    if (statuses.some(isTaken)) {
      world.acknowledged.add(paymentGuid);
      return;
    }
    const odd = statuses.find((status) => status !== null && status < 500 && status !== 429);
    if (odd !== undefined) world.problems.push(`a PostBack was answered ${odd}`);
    await sleep(150);
  }
  world.problems.push(`the PostBack of invoice ${opened.invoiceNumber} was not taken in ${PATIENCE_MS / 1000} s`);
}

/** Resolves when the partner has the word on an invoice. */
export async function told(world: World, { invoiceNumber }: Opened, approved = true): Promise<void> {
  for (const deadline = Date.now() + TOLD_WITHIN_MS; Date.now() < deadline;) {
    if (world.stage.partner.has(invoiceNumber, approved)) return;
    await sleep(50);
  }
  const seconds = TOLD_WITHIN_MS / 1_000;
  const state = JSON.stringify(await world.stage.tables.relayOf(world.partnerId, invoiceNumber));
  world.problems.push(`the partner was not told of invoice ${invoiceNumber} in ${seconds} s: ${state}`);
}

/** From the request to the partner's receipt. */
export async function wholeWay(world: World, provider: Provider = 'repeats', wishes?: OpenWishes): Promise<Opened> {
  const opened = await open(world, wishes);
  await pay(world, opened, provider);
  if (provider === 'repeats') await told(world, opened);
  return opened;
}

/** Waits for clients' ends. */
export const allEnd = async (world: World, clients: Iterable<Promise<unknown>>): Promise<void> =>
  void (await aging(world, Promise.all(clients)));

/** Waits for work. Claims of processes that died are let expire meanwhile, which else takes a quarter of a minute. */
export async function aging<T>(world: World, work: Promise<T>): Promise<T> {
  let ended = false;
  const all = work.finally(() => (ended = true));
  while (!ended) {
    await Promise.race([all, sleep(2_000)]);
    if (!ended) await world.stage.tables.ageOpenings([world.billerId]);
  }
  return all;
}

/** The delivery about an invoice is taken by a process that is no more, unless it has been made already. */
export async function leaveClaimed(world: World, invoiceNumber: string): Promise<void> {
  const { tables } = world.stage;
  await until(
    async () => {
      const delivery = await tables.deliveryOf(world.partnerId, invoiceNumber);
      return delivery && (delivery.status !== 'pending' || (await tables.leaveClaimed(delivery.id)));
    },
    10_000,
    10,
  );
}
