import type { Checks } from './checks.js';
import { MOMENTS, type KillPoint, type Moment } from './preload/protocol.js';
import { allEnd } from './journeys.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import type { Stage } from './stage.js';
import { milliseconds, percentile, sleep, until } from './time.js';
import { verdict } from './verdict.js';
import { World } from './world.js';

const CHAPTER = 'kills';
/** The steps that are killed: all of a request; of what runs by itself, what is about payments and deliveries. */
const STEPS: Readonly<Record<string, RegExp>> = {
  opening: /./,
  postback: /./,
  relay: /deliver|webhook_secrets|the partner/,
  sweep: /payments|payment_events|deliveries|idempotency_keys/,
};
const PATHS = Object.keys(STEPS);
/** A step that so many scenarios take is met again at once; others depend on the clock or on who was first. */
const COMMON = 3;
/** A step that is reached by chance (another process was first) is tried this often. */
const TRIES = 3;
const REACHED_WITHIN_MS = 5_000;
/** Scenarios under way at the same time: clients whose process has died go on while the next one dies. */
const MOST_UNDER_WAY = 40;

/** Labels, each with the scenarios that reach it. */
type Steps = ReadonlyMap<string, readonly Scenario[]>;

interface Trial extends KillPoint {
  readonly scenarios: readonly Scenario[];
}

export interface KillOptions {
  readonly kills: number;
  /** Every label at every moment at least once. */
  readonly everyLabel: boolean;
  /** Only steps whose label agrees. */
  readonly only?: RegExp | undefined;
  /** Takes a line for every step and every trial. */
  readonly tell?: ((line: string) => void) | undefined;
}

/** Kills processes at labelled steps while clients go on, and compares what is left. */
export async function killChapter(
  stage: Stage,
  checks: Checks,
  { kills, everyLabel, only = /./, tell = () => undefined }: KillOptions,
  print: (line: string) => void,
): Promise<void> {
  const world = await World.create(stage);
  const steps = await record(stage, world);
  const labels = [...steps.keys()].filter((label) => STEPS[pathOf(label)]?.test(label) && only.test(label)).sort();
  checks.figure(CHAPTER, 'labelled steps', summary(labels));
  for (const label of labels) tell(`  ${label}: taken by ${steps.get(label)?.length} of ${SCENARIOS.length} scenarios`);
  checks.none(CHAPTER, 'paths without a step', only.source === '.' ? unseen(labels) : []);

  const common = labels.filter((label) => (steps.get(label)?.length ?? 0) >= COMMON);
  const plan = planOf(stage, steps, everyLabel ? labels : common, kills, everyLabel);
  const run = new KillRun(stage, world, print, tell, plan.length);
  for (const trial of plan) await run.attempt(trial);
  // Steps that were not reached are made up for.
  for (const trial of planOf(stage, steps, common, plan.length, false))
    if (run.deaths.length < kills) await run.attempt(trial);
  await run.end();

  const { deaths } = run;
  checks.add(CHAPTER, 'processes killed at a labelled step', deaths.length >= kills, `${deaths.length} of ${kills}`);
  const used = new Set(deaths);
  const counts = MOMENTS.map(
    (moment) => `${[...used].filter((step) => step.startsWith(`${moment} `)).length} ${moment}`,
  );
  checks.figure(CHAPTER, 'different steps killed at', counts.join(', '));
  const everywhere = (label: string) => MOMENTS.every((moment) => used.has(`${moment} ${label}`));
  const never = common.filter((label) => !everywhere(label));
  if (everyLabel) checks.none(CHAPTER, 'steps on the way that were not killed at every moment', never);
  const rare = labels.filter((label) => !common.includes(label));
  if (everyLabel)
    checks.figure(CHAPTER, 'rare steps killed at every moment', `${rare.filter(everywhere).length} of ${rare.length}`);
  checks.figure(CHAPTER, 'start of a process, median', milliseconds(percentile(stage.fleet.starts, 0.5)));
  checks.none(CHAPTER, 'processes that ended by themselves', stage.fleet.surprises);
  await verdict(checks, CHAPTER, [world]);
}

/** Walks every scenario with nobody killed, and notes which steps it takes. */
async function record(stage: Stage, world: World): Promise<Steps> {
  const steps = new Map<string, Scenario[]>();
  await stage.fleet.report();
  for (const scenario of SCENARIOS) {
    await scenario.run(world);
    // The relay's last statements come after the partner's receipt, and sweeps in their own time.
    await sleep(250);
    for (const label of (await stage.fleet.report()).keys()) {
      const known = steps.get(label);
      if (known) known.push(scenario);
      else steps.set(label, [scenario]);
    }
  }
  return steps;
}

/** A run that met nothing of a path would prove nothing about it. */
function unseen(labels: readonly string[]): string[] {
  const expected: readonly (readonly [name: string, pattern: RegExp])[] = [
    ['the intent is recorded', /^opening: insert payments/],
    ['Invoice Cloud is asked', /^opening: call Invoice Cloud/],
    ['the answer is recorded', /^opening: update payments/],
    ['the key is claimed', /^opening: insert idempotency_keys/],
    ['the payment is locked', /^postback: select payments.* for update/],
    ['the message is kept', /^postback: insert postbacks/],
    ['the payment is settled', /^postback: (insert|update) (receipts|payments)/],
    ['the delivery is recorded', /^postback: \w+ deliveries/],
    ['the PostBack is committed', /^postback: commit/],
    ['a delivery is taken', /^relay: \w+ deliveries/],
    ['the partner is called', /^relay: call the partner/],
    ['the outcome is recorded', /^relay: \w+ (deliveries|delivery_attempts)/],
    ['an abandoned opening is found', /^sweep: update payments/],
  ];
  return expected.filter(([, pattern]) => !labels.some((label) => pattern.test(label))).map(([name]) => name);
}

function planOf(stage: Stage, steps: Steps, labels: readonly string[], kills: number, everyLabel: boolean): Trial[] {
  const { random } = stage;
  const trialOf = (label: string, moment: Moment, nth = 1): Trial => ({
    label,
    moment,
    nth,
    scenarios: steps.get(label) ?? [],
  });
  const once = random.shuffled(labels.flatMap((label) => MOMENTS.map((moment) => trialOf(label, moment))));
  if (labels.length === 0) return [];
  // The short form takes its sample from every path.
  const byPath = random.shuffled(PATHS.filter((path) => labels.some((label) => pathOf(label) === path)));
  const sampled = Array.from({ length: kills }, (_, index) => {
    const path = byPath[index % byPath.length] ?? '';
    const label = random.pick(labels.filter((one) => pathOf(one) === path));
    return trialOf(label, random.pick(MOMENTS), random.chance(0.2) ? 2 : 1);
  });
  return everyLabel ? [...once, ...sampled.slice(0, Math.max(0, kills - once.length))] : sampled;
}

const pathOf = (label: string): string => label.split(':')[0] ?? '';

function summary(labels: readonly string[]): string {
  return PATHS.map((path) => `${labels.filter((label) => pathOf(label) === path).length} ${path}`).join(', ');
}

class KillRun {
  private readonly first: number;
  private readonly underWay = new Set<Promise<void>>();
  private trials = 0;

  constructor(
    private readonly stage: Stage,
    private readonly world: World,
    private readonly print: (line: string) => void,
    private readonly tell: (line: string) => void,
    private readonly planned: number,
  ) {
    this.first = stage.fleet.deaths.length;
  }

  /** Moment and label of every step at which a process was killed. */
  get deaths(): readonly string[] {
    return this.stage.fleet.deaths.slice(this.first).map(({ step }) => step);
  }

  async attempt(trial: Trial): Promise<void> {
    const { fleet, random } = this.stage;
    this.trials += 1;
    let reached = false;
    for (let tried = 0; tried < TRIES && !reached; tried += 1) {
      await fleet.enough(2);
      await until(() => this.underWay.size < MOST_UNDER_WAY, 120_000);
      const death = fleet.nextDeath();
      // Which process takes the second one is a matter of chance; the first is met by any.
      fleet.arm(tried === 0 ? trial : { ...trial, nth: 1 });
      const scenario = random.pick(trial.scenarios);
      const work = Promise.all(Array.from({ length: trial.nth }, () => this.follow(scenario)));
      const patience = work.then(() => sleep(1_000));
      reached = await Promise.race([
        death.then(() => true),
        patience.then(() => false),
        sleep(REACHED_WITHIN_MS, false),
      ]);
      fleet.disarm();
      this.tell(`  ${reached ? 'died' : 'missed'} ${trial.moment} ${trial.label} (“${scenario.name}”)`);
    }
    if (this.trials % 25 === 0) this.print(`  ${this.trials} of ${this.planned} tried, ${this.deaths.length} killed`);
  }

  async end(): Promise<void> {
    await allEnd(this.world, this.underWay);
    await this.stage.fleet.enough(2);
  }

  private follow(scenario: Scenario): Promise<void> {
    const work = scenario.run(this.world).catch((error: unknown) => {
      this.world.problems.push(`“${scenario.name}”: ${String(error)}`);
    });
    this.underWay.add(work);
    return work.finally(() => this.underWay.delete(work));
  }
}
