import type { Checks } from './checks.js';
import { open, pay } from './journeys.js';
import type { Behaviour } from './partner.js';
import type { Stage } from './stage.js';
import { sleep, until } from './time.js';
import { verdict } from './verdict.js';
import { World } from './world.js';

const CHAPTER = 'partner';
const HOUR = 3_600;
const DOWN: readonly Behaviour[] = ['error', 'reset', 'hang'];

/**
 * The partner is down for an hour, on the schedule that production has. The platform's clock is not touched: what is due
 * later is brought nearer in the database, step by step, and every attempt that falls due is waited for.
 * @param step seconds
 */
export async function partnerChapter(stage: Stage, checks: Checks, payments: number, step: number): Promise<void> {
  const { partner, tables, random } = stage;
  const world = await World.create(stage);
  partner.always(world.partnerId, 'error');
  for (let begun = 0; begun < payments; begun += 10) {
    const some = Array.from({ length: Math.min(10, payments - begun) }, async () => pay(world, await open(world)));
    await Promise.all(some);
  }
  const attemptsAtFirst = await settled(stage, world);

  for (let moved = 0; moved < HOUR; moved += step) {
    partner.always(world.partnerId, random.pick(DOWN));
    await tables.moveClock(step);
    await settled(stage, world);
  }
  const [attempts, waiting] = [await tables.attempts(world.partnerId), await tables.backlog([world.partnerId])];
  checks.figure(CHAPTER, 'payments while the partner is down for an hour', payments);
  checks.add(CHAPTER, 'tried again in that hour', attempts > attemptsAtFirst, `${attempts} attempts`);
  checks.add(CHAPTER, 'messages that wait, none given up', waiting === payments, `${waiting} of ${payments}`);
  checks.add(
    CHAPTER,
    'taken by a partner that is down',
    partner.of([world.partnerId]).length === 0,
    partner.of([world.partnerId]).length,
  );

  partner.always(world.partnerId, 'ok');
  // The wait after the third attempt is two hours.
  for (let moved = 0; moved < 3 * HOUR && (await tables.backlog([world.partnerId])) > 0; moved += step) {
    await tables.moveClock(step);
    await settled(stage, world);
  }
  checks.add(
    CHAPTER,
    'told once the partner is back',
    partner.of([world.partnerId]).length >= payments,
    partner.of([world.partnerId]).length,
  );
  await gone(stage, checks);
  await verdict(checks, CHAPTER, [world]);
}

/** A partner that answers 410 wants no more; its message is not taken for delivered, and is not thrown away. */
async function gone(stage: Stage, checks: Checks): Promise<void> {
  const world = await World.create(stage);
  stage.partner.always(world.partnerId, 'gone');
  const opened = await open(world);
  await pay(world, opened);
  const kept = await until(async () => {
    const delivery = await stage.tables.deliveryOf(world.partnerId, opened.invoiceNumber);
    return delivery && (await stage.tables.attempts(world.partnerId)) > 0 ? delivery : undefined;
  }, 20_000);
  const isKept = kept !== undefined && kept.status !== 'delivered';
  checks.add(CHAPTER, 'a message answered 410 is kept, not delivered', isKept, kept?.status ?? 'no delivery');
  stage.partner.always(world.partnerId, 'ok');
}

/** When nothing is due, every attempt has been made. @returns how many were made in all */
async function settled(stage: Stage, { partnerId }: World): Promise<number> {
  await until(async () => (await stage.tables.due(partnerId)) === 0, 60_000, 100);
  await sleep(50);
  return stage.tables.attempts(partnerId);
}
