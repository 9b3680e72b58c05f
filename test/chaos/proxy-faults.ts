import type { Checks } from './checks.js';
import { allEnd, wholeWay } from './journeys.js';
import type { Fault } from './proxy.js';
import type { Stage } from './stage.js';
import { ask } from './http.js';
import { sleep, until } from './time.js';
import { verdict } from './verdict.js';
import { World } from './world.js';

const CHAPTER = 'proxy';
const LINKS = ['database', 'sandbox', 'partner', 'inbound'] as const;
const FAULTS: readonly Fault[] = ['delay', 'reset', 'half-open', 'half-body', 'duplicate'];
/** Of one exchange. One statement in twenty is enough: a payment makes some thirty. */
const PROBABILITY = { database: 0.05, sandbox: 0.4, partner: 0.4, inbound: 0.4 };
const RECOVERY_MS = 30_000;

/** Every fault on every way between two parties, under payments. Two of PostgreSQL's protocol can't be mirrored. */
export async function proxyChapter(stage: Stage, checks: Checks, secondsEach: number, clients: number): Promise<void> {
  const world = await World.create(stage);
  const idle: string[] = [];
  const stuck: string[] = [];
  let injected = 0;
  for (const name of LINKS) {
    for (const fault of FAULTS) {
      if (name === 'database' && fault === 'duplicate') continue;
      const link = stage.links[name];
      const before = link.injected;
      let going = true;
      link.set({ fault, probability: PROBABILITY[name] });
      const work = Array.from({ length: clients }, async () => {
        do {
          await wholeWay(world).catch((error: unknown) => world.problems.push(`${name} ${fault}: ${String(error)}`));
        } while (going);
      });
      await sleep(secondsEach * 1_000);
      await until(() => link.injected > before, 5_000);
      going = false;
      link.set(undefined);
      if (process.env['CHAOS_LIST']) console.log(`   ${name} ${fault} injected ${link.injected - before}`);
      if (link.injected === before) idle.push(`${name} ${fault}`);
      injected += link.injected - before;
      const healed = await until(() => isHealthy(stage), RECOVERY_MS, 200);
      if (!healed) stuck.push(`${name} ${fault}: not ready within ${RECOVERY_MS / 1000} s after the fault had ended`);
      // What still hangs is cut then, so that one fault does not spoil the next one's figures.
      if (!healed) link.cutHanging();
      const t0 = Date.now();
      await allEnd(world, work);
      if (process.env['CHAOS_LIST']) console.log(`      end ${Date.now() - t0} problems ${world.problems.length}`);
      link.cutHanging();
    }
  }
  checks.figure(CHAPTER, 'exchanges spoiled', injected);
  checks.none(CHAPTER, 'faults that never happened', idle);
  checks.none(CHAPTER, 'faults that were not got over without help', stuck);
  checks.none(CHAPTER, 'platform processes that ended by themselves', stage.fleet.surprises);
  await verdict(checks, CHAPTER, [world]);
}

/** Each process by itself says that it can do its work. */
async function isHealthy(stage: Stage): Promise<boolean> {
  const answers = await Promise.all(
    stage.fleet.ports.map((port) => ask(`http://127.0.0.1:${port}/health/ready`, { timeoutMs: 3_000 })),
  );
  return answers.length > 0 && answers.every(({ status }) => status === 200);
}
