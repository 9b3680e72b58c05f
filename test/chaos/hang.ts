import type { Checks } from './checks.js';
import type { Stage } from './stage.js';
import { milliseconds, percentile, sleep, until } from './time.js';
import { World } from './world.js';

const CHAPTER = 'hang';
/** Openings a second of the biller that is measured, and of the one whose Invoice Cloud hangs in every second round. */
const RATES = { measured: 25, other: 25 };
const HANG_MS = 60_000;

export interface HangOptions {
  readonly rounds: number;
  readonly secondsEach: number;
  /** How much the others' p99 may grow: 1.1 is ten percent. */
  readonly most: number;
  /** What a few openings on a busy machine may differ by chance. Milliseconds. */
  readonly noiseMs: number;
}

/**
 * One biller's Invoice Cloud hangs; what do the others notice? The rounds alternate, so that noise hits both kinds, and the
 * load is the same in both.
 */
export async function hangChapter(stage: Stage, checks: Checks, options: HangOptions): Promise<void> {
  const [hanging, measured] = [await World.create(stage), await World.create(stage)];
  const [calm, beside]: [number[], number[]] = [[], []];
  const failures: string[] = [];
  const round = async (took: number[], seconds: number): Promise<void> => {
    const others = openings(hanging, RATES.other, seconds, [], []);
    await openings(measured, RATES.measured, seconds, took, failures);
    await others;
  };
  await round([], 1);
  for (let count = 0; count < options.rounds; count += 1) {
    // Invoice Cloud answers again, and is called again.
    await until(async () => (await hanging.ask({ invoiceNumber: hanging.newInvoice() }))?.status === 201, 30_000, 500);
    await round(calm, options.secondsEach);
    await stage.sandbox.fault(hanging.biller, { kind: 'delay', ms: HANG_MS, times: 0 });
    await round(beside, options.secondsEach);
    await stage.sandbox.heal(hanging.biller);
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
    with_ <= without * options.most + options.noiseMs,
    `${Math.round((with_ / without - 1) * 100)} % of ${calm.length} and ${beside.length} openings`,
  );
  checks.none(CHAPTER, "the others' openings that failed", failures);
}

/** Openings at a fixed rate, whatever becomes of the ones before. */
async function openings(
  world: World,
  rate: number,
  seconds: number,
  took: number[],
  failures: string[],
): Promise<void> {
  const start = performance.now();
  const work = Array.from({ length: rate * seconds }, async (_, index) => {
    const due = (index / rate) * 1_000;
    await sleep(Math.max(0, due - (performance.now() - start)));
    const answer = await world.ask({ invoiceNumber: world.newInvoice(), timeoutMs: 30_000 });
    took.push(performance.now() - start - due);
    if (answer?.status !== 201) failures.push(answer ? `answered ${answer.status}` : 'no answer');
  });
  await Promise.all(work);
}
