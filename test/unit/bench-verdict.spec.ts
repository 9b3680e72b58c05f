import { aroundFigure, spreadOf } from '../../bench/figures.js';
import { verdictOn } from '../../bench/report.js';
import { compareQuiet, type Rounds } from '../../bench/rounds.js';

const target = { name: 'a ratio', unit: '×' };

describe('the median of rounds', () => {
  test.each([
    // By the binomial distribution: two tails of at most 2.5 % each.
    { rounds: 1, low: 1, high: 1 },
    { rounds: 3, low: 1, high: 3 },
    { rounds: 5, low: 1, high: 5 },
    { rounds: 6, low: 1, high: 6 },
    { rounds: 8, low: 1, high: 8 },
    { rounds: 9, low: 2, high: 8 },
    { rounds: 10, low: 2, high: 9 },
    { rounds: 20, low: 6, high: 15 },
  ])('of $rounds is between the value at $low and the one at $high', ({ rounds, low, high }) => {
    const values = Array.from({ length: rounds }, (_, i) => rounds - i);
    expect(spreadOf(values).between).toEqual({ low, high });
  });

  test('of 2,000 samples of ten is missed by what it is between in less than one of twenty', () => {
    let state = 7;
    const chance = () => (state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647) / 2_147_483_647;
    const missed = Array.from({ length: 2_000 }, () => {
      const { low, high } = spreadOf(Array.from({ length: 10 }, () => chance() ** 3)).between;
      return low > 0.125 || high < 0.125;
    }).filter(Boolean).length;
    // 2.1 % by the distribution.
    expect(missed).toBeGreaterThan(10);
    expect(missed).toBeLessThan(100);
  });
});

test('a figure of rounds drawn anew is as wide as the rounds make it, and the same every time', () => {
  const mean = (values: readonly number[]) => (numbers: readonly number[]) =>
    numbers.reduce((sum, n) => sum + (values[n] ?? Number.NaN), 0) / numbers.length;
  const even = Array.from({ length: 100 }, (_, i) => i / 100);
  const { low, high } = aroundFigure(100, mean(even));
  // The mean of a hundred even numbers from 0 to 1: 1.96 standard errors of 0.029 to either side.
  expect(Math.abs(low - (0.495 - 0.0566))).toBeLessThan(0.015);
  expect(Math.abs(high - (0.495 + 0.0566))).toBeLessThan(0.015);
  expect(aroundFigure(100, mean(even))).toEqual({ low, high });
  expect(aroundFigure(4, mean([2, 2, 2, 2]))).toEqual({ low: 2, high: 2 });
});

test('latencies are compared by the means of the quieter halves, whichever rounds these were', () => {
  const of = (p99s: readonly number[]) => p99s.map((p99) => ({ p99 }));
  const rounds = new Map([
    ['one', of([90, 6, 8, 80])],
    ['other', of([2, 70, 4, 60])],
  ]) as unknown as Rounds;
  const { value, between } = compareQuiet(rounds, 'one', 'other', 'p99', (one, other) => one - other);
  expect(value).toBe(7 - 3);
  expect(between.low).toBeLessThan(4);
  expect(between.high).toBeGreaterThan(4);
});

describe('a verdict', () => {
  test.each([
    { value: 0.7, between: { low: 0.62, high: 0.8 }, atLeast: 0.6, verdict: 'reached' },
    { value: 0.5, between: { low: 0.42, high: 0.58 }, atLeast: 0.6, verdict: 'NOT REACHED' },
    { value: 0.62, between: { low: 0.56, high: 0.7 }, atLeast: 0.6, verdict: 'at its limit' },
    { value: 0.58, between: { low: 0.55, high: 0.61 }, atLeast: 0.6, verdict: 'at its limit' },
    { value: 3, between: { low: 1, high: 4.9 }, atMost: 5, verdict: 'reached' },
    { value: 3, between: { low: 1, high: 5.1 }, atMost: 5, verdict: 'at its limit' },
    { value: 9, between: { low: 5.1, high: 14 }, atMost: 5, verdict: 'NOT REACHED' },
    { value: 250, atMost: 250, verdict: 'reached' },
    { value: 251, atMost: 250, verdict: 'NOT REACHED' },
    { value: Number.NaN, atMost: 250, verdict: 'NOT REACHED' },
  ])('on $value ($between) is "$verdict"', ({ verdict, ...figure }) => {
    expect(verdictOn({ ...target, ...figure })).toBe(verdict);
  });
});
