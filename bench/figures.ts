/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Within which a value lies that ever more rounds would come to, in 95 of 100 runs. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What came of the rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
  /** Of the median. */
  readonly between: Interval;
}

/** @param sorted ascending */
function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const median = medianOf(sorted);
  const [least, most] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
  const cut = outsideOfMedian(values.length);
  const between = { low: sorted[cut] ?? least, high: sorted[sorted.length - 1 - cut] ?? most };
  return { median, least, most, rounds: values.length, between };
}

export const scaled = ({ median, least, most, rounds, between }: Spread, by: number): Spread => ({
  median: median * by,
  least: least * by,
  most: most * by,
  rounds,
  between: { low: between.low * by, high: between.high * by },
});

const UNSURE = 0.05;

/**
 * How many of the ordered values to leave off at either end, so that the median is between the rest: however the values are distributed,
 * each is above it as likely as below. With fewer than six, none can be spared.
 */
function outsideOfMedian(count: number): number {
  let exactly = 0.5 ** count;
  let atMost = exactly;
  let cut = 0;
  for (; cut < Math.floor(count / 2); cut += 1) {
    exactly *= (count - cut) / (cut + 1);
    atMost += exactly;
    if (2 * atMost > UNSURE) break;
  }
  return cut;
}

const DRAWS = 1_000;

/**
 * The same for any figure that is made of rounds: how it comes out when as many rounds are drawn from them anew (bootstrap).
 * @param figure of the rounds with these numbers
 */
export function aroundFigure(rounds: number, figure: (numbers: readonly number[]) => number): Interval {
  const draw = chance(1);
  const figures = ascending(
    Array.from({ length: DRAWS }, () => figure(Array.from({ length: rounds }, () => Math.floor(draw() * rounds)))),
  );
  return { low: percentile(figures, UNSURE / 2), high: percentile(figures, 1 - UNSURE / 2) };
}

/** Numbers from 0 to 1, the same in every run (mulberry32), so that one run's figures give one verdict. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How y grows with x: the median of the slopes between all pairs (Theil and Sen), which single outliers do not move. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const slopes: number[] = [];
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(i + 1)) if (b.x !== a.x) slopes.push((b.y - a.y) / (b.x - a.x));
  }
  return medianOf(ascending(slopes));
}
