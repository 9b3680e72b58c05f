import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { Checks } from './checks.js';
import { tryAsk } from './http.js';
import { open } from './journeys.js';
import { isTaken } from './sandbox.js';
import type { Stage } from './stage.js';
import { milliseconds, percentile, sleep, until } from './time.js';
import { verdict } from './verdict.js';
import { AMOUNT_CENTS, message, type Opened, World } from './world.js';

const CHAPTER = 'load';
const OPENED_AT_ONCE = 24;
/** Of one world: the sandbox remembers so many requests of a biller, from which the PostBackURLs are learnt. */
const MOST_OF_A_BILLER = 8_000;
const EMPTY_WITHIN_MS = 120_000;

interface Prepared {
  readonly world: World;
  readonly invoiceNumber: string;
  readonly url: string;
}

interface Sent {
  readonly invoiceNumber: string;
  readonly answeredAt: number;
  readonly tookMs: number;
}

/** PostBacks at a fixed rate, whatever becomes of the ones before: what waits in line counts as waiting. */
export async function loadChapter(
  stage: Stage,
  checks: Checks,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
  print: (line: string) => void,
): Promise<void> {
  const begun = Date.now();
  const prepared = await prepare(stage, rate * seconds);
  print(`  ${prepared.length} payments opened in ${Math.round((Date.now() - begun) / 1000)} s`);
  const worlds = [...new Set(prepared.map(({ world }) => world))];

  const before = await stage.processorTime();
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const sent: Sent[] = [];
  const early: string[] = [];
  const unanswered: string[] = [];
  const start = performance.now();
  const work = prepared.map(async ({ world, invoiceNumber, url }, index) => {
    const due = (index / rate) * 1_000;
    await sleep(Math.max(0, due - (performance.now() - start)));
    const paymentGuid = randomUUID();
    const entry = { paymentGuid, invoiceNumber, amountCents: AMOUNT_CENTS, approved: true, repeated: true };
    const answer = await tryAsk(url, {
      body: message(world, invoiceNumber, paymentGuid, true),
      agent,
      timeoutMs: 30_000,
    });
    const tookMs = performance.now() - start - due;
    const acknowledged = isTaken(answer?.status);
    if (acknowledged) {
      sent.push({ invoiceNumber, answeredAt: Date.now(), tookMs });
      if (!(await stage.tables.isPaid(world.billerId, paymentGuid))) early.push(`invoice ${invoiceNumber}`);
    } else unanswered.push(`invoice ${invoiceNumber}: ${answer ? `answered ${answer.status}` : 'no answer'}`);
    world.ownLedger.push({ ...entry, acknowledged });
  });
  await Promise.all(work);
  const tookSeconds = (performance.now() - start) / 1_000;
  await agent.destroy();

  const partnerIds = worlds.map(({ partnerId }) => partnerId);
  const emptied = Date.now();
  const empty = await until(async () => (await stage.tables.backlog(partnerIds)) === 0, EMPTY_WITHIN_MS, 100);
  const emptyMs = Date.now() - emptied;
  const after = await stage.processorTime();

  checks.figure(CHAPTER, 'postbacks', `${prepared.length}, ${(prepared.length / tookSeconds).toFixed(0)} a second`);
  checks.none(CHAPTER, 'not answered with 2xx', unanswered);
  checks.none(CHAPTER, 'answered before their commit could be seen', early);
  const took = sent.map(({ tookMs }) => tookMs);
  checks.figure(
    CHAPTER,
    'answer p50 / p99',
    `${milliseconds(percentile(took, 0.5))} / ${milliseconds(percentile(took, 0.99))}`,
  );
  const each = (party: keyof typeof before) => ((after[party] - before[party]) / prepared.length).toFixed(1);
  checks.figure(
    CHAPTER,
    'processor time of a postback and its relay: platform / PostgreSQL / the rest',
    `${each('platform')} / ${each('postgres')} / ${each('others')} ms`,
  );
  const relays = firstRelays(stage, partnerIds, sent);
  checks.figure(
    CHAPTER,
    'first relay p50 / p95',
    `${milliseconds(percentile(relays, 0.5))} / ${milliseconds(percentile(relays, 0.95))}`,
  );
  checks.add(CHAPTER, 'backlog empty after', empty === true, empty ? milliseconds(emptyMs) : 'not empty');
  await verdict(checks, CHAPTER, worlds);
}

/** Opens payments as fast as the platform goes, and learns where Invoice Cloud is to post back. */
async function prepare(stage: Stage, count: number): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  while (prepared.length < count) {
    const world = await World.create(stage);
    const wanted = Math.min(MOST_OF_A_BILLER, count - prepared.length);
    const opened: Opened[] = [];
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun < wanted) {
        begun += 1;
        opened.push(await open(world, { key: false }));
      }
    };
    await Promise.all(Array.from({ length: OPENED_AT_ONCE }, client));
    const urls = await stage.sandbox.postBackUrls(world.biller);
    for (const { invoiceNumber, accountNumber } of opened) {
      const url = urls.get(accountNumber);
      if (url === undefined) throw new Error(`no PostBackURL of invoice ${invoiceNumber} was seen`);
      prepared.push({ world, invoiceNumber, url });
    }
  }
  return stage.random.shuffled(prepared).slice(0, count);
}

/** From the answer to Invoice Cloud to the partner's receipt; the relay may be quicker than the answer. */
function firstRelays(stage: Stage, partnerIds: readonly string[], sent: readonly Sent[]): number[] {
  const told = new Map<string, number>();
  for (const { invoiceNumber, at } of stage.partner.of(partnerIds)) {
    if (!told.has(invoiceNumber)) told.set(invoiceNumber, at);
  }
  return sent.flatMap(({ invoiceNumber, answeredAt }) => {
    const at = told.get(invoiceNumber);
    return at === undefined ? [] : [Math.max(0, at - answeredAt)];
  });
}
