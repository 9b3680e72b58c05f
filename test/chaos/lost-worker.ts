import type { Checks } from './checks.js';
import { open, pay } from './journeys.js';
import type { Stage } from './stage.js';
import { until } from './time.js';
import { World } from './world.js';

const CHAPTER = 'lost worker';
const WITHIN_SECONDS = 60;

/**
 * A process dies while it holds a delivery that the partner does not answer: the delivery goes on in another one.
 * @returns a function that waits for that, so that something else can be done meanwhile
 */
export async function loseWorkers(stage: Stage, checks: Checks, deliveries: number): Promise<() => Promise<void>> {
  const world = await World.create(stage);
  stage.partner.always(world.partnerId, 'hang');
  const opened = await Promise.all(Array.from({ length: deliveries }, () => open(world)));
  const tries = stage.partner.tries;
  await stage.fleet.enough(2);
  const death = stage.fleet.nextDeath();
  // Sent, and not answered: the one moment in which a delivery is in a process's hands alone.
  stage.fleet.arm({ label: 'relay: call the partner', moment: 'during', nth: 1 });
  for (const one of opened) await pay(world, one);
  const died = await Promise.race([death, until(() => false, 15_000)]);
  stage.fleet.disarm();
  stage.partner.always(world.partnerId, 'ok');
  const diedAt = died ? died.at : Date.now();

  return async () => {
    const all = () => opened.every(({ invoiceNumber }) => stage.partner.has(invoiceNumber, true));
    await until(all, WITHIN_SECONDS * 2_000 - (Date.now() - diedAt), 100);
    const last = Math.max(...stage.partner.of([world.partnerId]).map(({ at }) => at));
    const seconds = (last - diedAt) / 1_000;
    const inTime = died !== undefined && all() && seconds <= WITHIN_SECONDS;
    checks.add(
      CHAPTER,
      `its delivery goes on elsewhere within ${WITHIN_SECONDS} s`,
      inTime,
      !died ? 'no process died' : all() ? `${seconds.toFixed(1)} s` : 'not at all',
    );
    checks.add(CHAPTER, 'messages were in its hands', stage.partner.tries > tries, deliveries);
  };
}
