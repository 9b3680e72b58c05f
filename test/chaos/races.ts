import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { Checks } from './checks.js';
import { tryAsk } from './http.js';
import { leaveClaimed, open, told } from './journeys.js';
import { isTaken } from './sandbox.js';
import type { Stage } from './stage.js';
import { until } from './time.js';
import { verdict } from './verdict.js';
import { AMOUNT_CENTS, message, type Opened, World } from './world.js';

const CHAPTER = 'races';

/** What can happen at once does: from several connections, to several processes, with statements that take their time. */
export async function raceChapter(stage: Stage, checks: Checks, rounds: number): Promise<void> {
  const world = await World.create(stage);
  const agent = new Agent({ connections: 32, pipelining: 1 });
  const races = [
    keysAtOnce,
    keyForTwoInvoices,
    invoiceAtOnce,
    refusedAndApproved,
    paidTwice,
    oneGuidForTwo,
    refusals,
    ...UNTOLD,
  ];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(races.map((race) => race(world, agent)));
    }
    await leftClaimed(world, agent);
    checks.figure(CHAPTER, 'rounds of the same at once', `${rounds} of ${races.length} races`);
    await verdict(checks, CHAPTER, [world], 20_000);
    const held = await stage.tables.heldThoughBooked(world.billerId);
    checks.none(CHAPTER, 'approvals that were held though nothing differed', held);
  } finally {
    await agent.destroy();
  }
}

/** Three requests with one key: one page. */
async function keysAtOnce(world: World): Promise<void> {
  const wishes = { sameKey: randomUUID(), invoiceNumber: world.newInvoice() };
  await Promise.all([open(world, wishes), open(world, wishes), open(world, wishes)]);
}

/** One key for two requests that are not the same: one of them is answered, the other one refused. */
async function keyForTwoInvoices(world: World): Promise<void> {
  const key = randomUUID();
  const ask = async (): Promise<void> => {
    const invoiceNumber = world.newInvoice();
    await until(async () => {
      const answer = await world.ask({ invoiceNumber, key });
      if (isTaken(answer?.status)) world.note(`key ${key} of two requests`, invoiceNumber);
      return answer !== undefined && (isTaken(answer.status) || !/in_use/.test(answer.text));
    }, 10_000);
  };
  await Promise.all([ask(), ask()]);
}

/** Three requests for one invoice, each with a key of its own: one page, since the payer is to pay once. */
async function invoiceAtOnce(world: World): Promise<void> {
  const invoiceNumber = world.newInvoice();
  const wishes = { invoiceNumber, one: `invoice ${invoiceNumber}` };
  await Promise.all([open(world, wishes), open(world, wishes), open(world, wishes)]);
}

/** A refused card and an approved one, both reported at the same moment and more than once: it is paid in the end. */
async function refusedAndApproved(world: World, agent: Agent): Promise<void> {
  const opened = await open(world);
  const url = await urlOf(world, opened);
  const [refusal, approval] = [attempt(world, opened, false), attempt(world, opened, true)];
  await atOnce(world, agent, [
    [approval, url],
    [refusal, url],
    [approval, url],
    [refusal, url],
  ]);
  await told(world, opened);
}

/** Two windows, two payments of one invoice, reported at the same moment: one pays it, the other one is to be returned. */
async function paidTwice(world: World, agent: Agent): Promise<void> {
  const opened = await open(world);
  const url = await urlOf(world, opened);
  const [first, second] = [attempt(world, opened, true), attempt(world, opened, true, true)];
  await atOnce(world, agent, [
    [first, url],
    [second, url],
  ]);
}

/** The same, and nobody is told: no message to a partner, of which there can be one, keeps the two apart. Often, being rare. */
const UNTOLD = Array.from({ length: 4 }, () => async (world: World, agent: Agent): Promise<void> => {
  const opened = await open(world, { untold: true });
  const url = await urlOf(world, opened);
  await atOnce(world, agent, [
    [attempt(world, opened, true), url],
    [attempt(world, opened, true, true), url],
  ]);
});

/** Two accounts with invoices of the same number: an approval that is sent for both of them pays one. */
async function oneGuidForTwo(world: World, agent: Agent): Promise<void> {
  const invoiceNumber = world.newInvoice();
  const first = await open(world, { invoiceNumber });
  const second = await open(world, { invoiceNumber, accountNumber: `B-${invoiceNumber}` });
  const approval = attempt(world, first, true);
  const urls = [await urlOf(world, first), await urlOf(world, second)];
  await atOnce(
    world,
    agent,
    [...urls, ...urls].map((url) => [approval, url]),
  );
}

/** One refusal, reported four times at once, is told once. */
async function refusals(world: World, agent: Agent): Promise<void> {
  const opened = await open(world);
  const url = await urlOf(world, opened);
  const refusal = attempt(world, opened, false);
  await atOnce(
    world,
    agent,
    [url, url, url, url].map((one) => [refusal, one]),
  );
}

/** A delivery that a process took and did not live to make. */
async function leftClaimed(world: World, agent: Agent): Promise<void> {
  const { partner } = world.stage;
  const invoiceNumber = world.newInvoice();
  partner.plan(invoiceNumber, 'error', 'error', 'error', 'error');
  const opened = await open(world, { invoiceNumber });
  await atOnce(world, agent, [[attempt(world, opened, true), await urlOf(world, opened)]]);
  await leaveClaimed(world, invoiceNumber);
}

interface Attempt {
  readonly paymentGuid: string;
  readonly body: URLSearchParams;
}

/** An attempt of the payer that the run itself reports. It stands in the ledger from now on. */
function attempt(world: World, { invoiceNumber }: Opened, approved: boolean, again = false): Attempt {
  const paymentGuid = randomUUID();
  world.ownLedger.push({
    paymentGuid,
    invoiceNumber,
    amountCents: AMOUNT_CENTS,
    approved,
    again,
    repeated: true,
    get acknowledged() {
      return world.acknowledged.has(paymentGuid);
    },
  });
  return { paymentGuid, body: message(world, invoiceNumber, paymentGuid, approved) };
}

/** Sends all of them in the same moment, and each again until it is taken. */
async function atOnce(world: World, agent: Agent, posts: readonly (readonly [Attempt, string])[]): Promise<void> {
  const send = async ([{ paymentGuid, body }, url]: readonly [Attempt, string]): Promise<boolean> => {
    const answer = await tryAsk(url, { body, agent });
    if (isTaken(answer?.status)) world.acknowledged.add(paymentGuid);
    else if (answer && answer.status < 500) world.problems.push(`a PostBack was answered ${answer.status}`);
    return isTaken(answer?.status);
  };
  await Promise.all(posts.map((post) => until(() => send(post), 10_000)));
}

/** The PostBackURL that Invoice Cloud was given for a payment, which its record of requests tells. */
async function urlOf(world: World, { accountNumber, invoiceNumber }: Opened): Promise<string> {
  const url = (await world.stage.sandbox.postBackUrls(world.biller)).get(accountNumber);
  if (!url) throw new Error(`no PostBackURL of invoice ${invoiceNumber} was seen`);
  return url;
}
