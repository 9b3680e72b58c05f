import type { Checks } from './checks.js';
import type { Stage } from './stage.js';
import { milliseconds, percentile, sleep } from './time.js';
import { World } from './world.js';

const CHAPTER = 'hang';
/** Openings a second of the biller that is measured. */
const RATE = 25;
/** Clients of the biller whose Invoice Cloud hangs, each waiting for its answer before it asks again. More than any pool. */
const HANGING_CLIENTS = 240;
const HANG_MS = 60_000;

export interface HangOptions {
  readonly rounds: number;
  readonly secondsEach: number;
  /** How much the others' p99 may grow: 1.1 is ten percent. */
  readonly most: number;
}

/** One biller's Invoice Cloud hangs; what do the others notice? Rounds with and without alternate, so that noise hits both. */
export async function hangChapter(stage: Stage, checks: Checks, options: HangOptions): Promise<void> {
  const [hanging, measured] = [await World.create(stage), await World.create(stage)];
  const [calm, beside]: [number[], number[]] = [[], []];
  const failures: string[] = [];
  await measure(measured, 1, [], []);
  for (let round = 0; round < options.rounds; round += 1) {
    await measure(measured, options.secondsEach, calm, failures);
    await stage.sandbox.fault(hanging.biller, { kind: 'delay', ms: HANG_MS, times: 0 });
    let going = true;
    const clients = Array.from({ length: HANGING_CLIENTS }, async () => {
      while (going) {
        await hanging.ask({ invoiceNumber: hanging.newInvoice(), timeoutMs: 20_000 });
        // A refusal that comes at once is asked again at a client's pace.
        await sleep(200);
      }
    });
    await sleep(500);
    await measure(measured, options.secondsEach, beside, failures);
    going = false;
    await stage.sandbox.heal(hanging.biller);
    await Promise.all(clients);
  }
  const [without, with_] = [percentile(calm, 0.99), percentile(beside, 0.99)];
  checks.figure(
    CHAPTER,
    'openings p50 without / with',
    `${milliseconds(percentile(calm, 0.5))} / ${milliseconds(percentile(beside, 0.5))}`,
  );
  checks.figure(CHAPTER, 'openings p99 without / with', `${milliseconds(without)} / ${milliseconds(with_)}`);
  checks.add(
    CHAPTER,
    `the others' p99 grows by no more than ${Math.round((options.most - 1) * 100)} %`,
    with_ / without <= options.most,
    `${Math.round((with_ / without - 1) * 100)} % of ${calm.length} and ${beside.length} openings`,
  );
  checks.none(CHAPTER, "the others' openings that failed", failures);
}

async function measure(world: World, seconds: number, took: number[], failures: string[]): Promise<void> {
  const start = performance.now();
  const work = Array.from({ length: RATE * seconds }, async (_, index) => {
    const due = (index / RATE) * 1_000;
    await sleep(Math.max(0, due - (performance.now() - start)));
    const answer = await world.ask({ invoiceNumber: world.newInvoice(), timeoutMs: 30_000 });
    took.push(performance.now() - start - due);
    if (answer?.status !== 201) failures.push(answer ? `answered ${answer.status}` : 'no answer');
  });
  await Promise.all(work);
}
