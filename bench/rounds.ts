import { type Bench, closed, turned } from './bench.js';
import type { Contestant } from './contestants.js';
import { aroundFigure, ascending, type Interval, spreadOf, type Spread } from './figures.js';
import type { Pace } from './load/job.js';
import type { Template } from './load/template.js';
import type { Figure } from './report.js';
import type { Measured } from './stage.js';

/** More than any machine takes in a turn that says no number of its own. */
const MOST_A_TURN = 10_000;

/** What one contestant does in every round. */
export interface Part {
  readonly who: string;
  readonly contestants: readonly Contestant[];
  readonly template: Template;
  readonly expect: number;
  readonly pace?: Pace;
  /** Before its turn, where so many requests have to be prepared: the number of the first one. */
  readonly prepare?: (most: number) => Promise<number>;
  /** After its turn, so that nothing of it runs in the next one's. */
  readonly settle?: () => Promise<void>;
}

/** Of what is much like what was done already, and is held to nothing: a quarter of the usual warm-up. */
export const UNJUDGED_WARMTH = 0.25;

export type Rounds = ReadonlyMap<string, readonly Measured[]>;

/**
 * Everybody warms up, at the pace that is measured: another one has the compilers of all of them begin anew, for a fifth of a
 * second of both cores. Then rounds in which everybody has a turn.
 * @param warmth how many times the usual warm-up: where much code is to be compiled
 * @param rounds fewer where no target hangs on the comparison
 */
export async function alternate(
  { stage, small, options, say }: Bench,
  what: string,
  parts: readonly Part[],
  warmth = 1,
  rounds = parts.length > 1 ? options.rounds : options.fewRounds,
): Promise<Rounds> {
  say(what);
  const results = new Map(parts.map(({ who }) => [who, [] as Measured[]]));
  const turn = async (part: Part, pace: Pace): Promise<Measured> => {
    const from = await part.prepare?.((pace.kind === 'closed' && pace.most) || MOST_A_TURN);
    const { contestants, template, expect } = part;
    const result = await stage.run(contestants, { template, expect, pace, ...(from !== undefined && { from }) });
    await part.settle?.();
    return result;
  };
  // By work and not by time: on a busy machine the compiler would not have come to its end.
  const warmUp = { seconds: options.warmUp.seconds * warmth, most: options.warmUp.most * warmth };
  for (const part of parts) {
    const pace = part.pace ?? closed(warmUp.seconds);
    await turn(part, pace.kind === 'closed' ? { ...pace, ...warmUp } : { ...pace, seconds: warmUp.seconds });
  }
  // As it would be within a minute: plans that were made for a handful of rows are made anew, and not in the middle of a round.
  await small.rows.settle();
  for (let round = 0; round < rounds; round += 1) {
    for (const part of turned(parts, round)) {
      results.get(part.who)?.push(await turn(part, part.pace ?? closed(options.seconds)));
    }
  }
  return results;
}

type Measure = 'perSecond' | 'p50' | 'p95' | 'p99' | 'cpuOwn' | 'cpuDatabase';

export const spread = (rounds: Rounds, who: string, measure: Measure): Spread =>
  spreadOf((rounds.get(who) ?? []).map((result) => result[measure]));

/** One over the other, within each round: what a noisy moment does to both is not in it. */
export const ratio = (rounds: Rounds, who: string, toWhom: string, measure: Measure): Spread =>
  compared(rounds, who, toWhom, measure, (one, other) => one / other);

/** How much one is over the other, within each round. */
export const difference = (rounds: Rounds, who: string, toWhom: string, measure: Measure): Spread =>
  compared(rounds, who, toWhom, measure, (one, other) => one - other);

function compared(
  rounds: Rounds,
  who: string,
  toWhom: string,
  measure: Measure,
  compare: (one: number, other: number) => number,
): Spread {
  const others = rounds.get(toWhom) ?? [];
  return spreadOf(
    (rounds.get(who) ?? []).map((result, i) => compare(result[measure], others[i]?.[measure] ?? Number.NaN)),
  );
}

/**
 * The means of each one's quieter half of the rounds, compared: whoever else uses the machine only ever adds to latencies, and the quietest
 * round of each would pit one's luck against the other's.
 */
export function compareQuiet(
  rounds: Rounds,
  who: string,
  toWhom: string,
  measure: Measure,
  compare: (one: number, other: number) => number,
): { readonly value: number; readonly between: Interval } {
  const [ones, others] = [who, toWhom].map((name) => (rounds.get(name) ?? []).map((result) => result[measure]));
  const quiet = (values: readonly number[] = [], numbers: readonly number[]): number => {
    const picked = ascending(numbers.map((n) => values[n] ?? Number.NaN));
    const half = picked.slice(0, Math.ceil(picked.length / 2));
    return half.reduce((sum, value) => sum + value, 0) / half.length;
  };
  const figure = (numbers: readonly number[]): number => compare(quiet(ones, numbers), quiet(others, numbers));
  const all = [...(ones ?? []).keys()];
  return { value: figure(all), between: aroundFigure(all.length, figure) };
}

export const figuresOf = (what: string, rounds: Rounds): Figure[] =>
  [...rounds.keys()].map((who) => ({
    what,
    who,
    perSecond: spread(rounds, who, 'perSecond'),
    p50: spread(rounds, who, 'p50'),
    p99: spread(rounds, who, 'p99'),
    cpuOwn: spread(rounds, who, 'cpuOwn'),
    cpuDatabase: spread(rounds, who, 'cpuDatabase'),
  }));
