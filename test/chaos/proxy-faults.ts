import type { Checks } from './checks.js';
import { aging, allEnd, wholeWay } from './journeys.js';
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
/** So many exchanges are spoiled at least; of the database's that hang, enough for one to be in the middle of a transaction. */
const leastOf = (name: LinkName, fault: Fault): number => (name === 'database' && fault === 'half-open' ? 10 : 1);
/** A client whose delivery was claimed, and the answer lost, stands for the claim's twelve seconds; all may at once, and again. */
const UNTOUCHED_MS = 60_000;
const RECOVERY_MS = 30_000;

type LinkName = (typeof LINKS)[number];

export interface ProxyOptions {
  /** All ways at the same time, but for what hangs, since nothing would get as far as the next way. */
  readonly together: boolean;
  readonly secondsEach: number;
  readonly clients: number;
}

/** Every fault on every way between two parties, under payments. PostgreSQL's protocol alone can't be mirrored. */
export async function proxyChapter(stage: Stage, checks: Checks, options: ProxyOptions): Promise<void> {
  const world = await World.create(stage);
  const found: Found = { idle: [], stuck: [] };
  const spoiled = () => LINKS.reduce((sum, name) => sum + stage.links[name].injected, 0);
  const before = spoiled();
  for (const fault of FAULTS) {
    const names = LINKS.filter((name) => name !== 'database' || fault !== 'duplicate');
    if (options.together && fault !== 'half-open') await spoil(world, names, fault, options, found);
    else for (const name of names) await spoil(world, [name], fault, options, found);
  }
  checks.figure(CHAPTER, 'exchanges spoiled', spoiled() - before);
  checks.none(CHAPTER, 'faults that never happened', found.idle);
  checks.none(CHAPTER, 'faults that were not got over without help', found.stuck);
  checks.none(CHAPTER, 'platform processes that ended by themselves', stage.fleet.surprises);
  await verdict(checks, CHAPTER, [world]);
}

interface Found {
  readonly idle: string[];
  readonly stuck: string[];
}

/** Spoils some of the exchanges on these ways while payments are made, and then none: they must all come to their end. */
async function spoil(
  world: World,
  names: readonly LinkName[],
  fault: Fault,
  { secondsEach, clients }: ProxyOptions,
  { idle, stuck }: Found,
): Promise<void> {
  const { stage } = world;
  const links = names.map((name) => ({ name, link: stage.links[name], before: stage.links[name].injected }));
  const untouched = () => links.filter(({ name, link, before }) => link.injected < before + leastOf(name, fault));
  let going = true;
  for (const { name, link } of links) link.set({ fault, probability: PROBABILITY[name] });
  const work = Array.from({ length: clients }, async () => {
    do {
      await wholeWay(world).catch((error: unknown) =>
        world.problems.push(`${names.join()} ${fault}: ${String(error)}`),
      );
    } while (going);
  });
  await sleep(secondsEach * 1_000);
  await aging(
    world,
    until(() => untouched().length === 0, UNTOUCHED_MS),
  );
  going = false;
  for (const { link } of links) link.set(undefined);
  idle.push(...untouched().map(({ name }) => `${name} ${fault}`));

  const ended = allEnd(world, work);
  const healed = await until(() => isHealthy(stage), RECOVERY_MS, 200);
  const over = healed && (await Promise.race([ended.then(() => true), sleep(RECOVERY_MS, false)]));
  if (!over) {
    stuck.push(
      `${names.join()} ${fault}: ${healed ? 'payments stand still' : 'not ready'} ${RECOVERY_MS / 1000} s later`,
    );
  }
  // What hangs is cut now, so that one fault does not spoil the next one's figures.
  for (const { link } of links) link.cutHanging();
  await ended;
}

/** Each process by itself says that it can do its work. */
async function isHealthy(stage: Stage): Promise<boolean> {
  const answers = await Promise.all(
    stage.fleet.ports.map((port) => ask(`http://127.0.0.1:${port}/health/ready`, { timeoutMs: 3_000 })),
  );
  return answers.length > 0 && answers.every(({ status }) => status === 200);
}
