import { jest } from '@jest/globals';
import { isId, leastIdAt, newId } from '../../src/common/id.js';

const ids = (count: number): string[] => Array.from({ length: count }, newId);
const expectRising = (made: readonly string[]): void => {
  expect(made.every(isId)).toBe(true);
  expect(made).toEqual([...new Set(made)].sort());
};

describe('an id', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is a UUIDv7 of now', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(id >= leastIdAt(new Date(before))).toBe(true);
    expect(id < leastIdAt(new Date(Date.now() + 1))).toBe(true);
  });

  it('is greater than every one before it, also of the same millisecond', () => expectRising(ids(20_000)));

  it('also when a millisecond has more of them than its counter counts, and when the clock is set back', () => {
    const base = Date.now() + 10_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(base);
    const first = ids(10_000);
    clock.mockReturnValue(base - 5_000);
    const second = ids(10);
    clock.mockReturnValue(base + 5_000);
    expectRising([...first, ...second, ...ids(10)]);
  });

  it('does not tell the chance in it from the one before', () => {
    expect(new Set(ids(1_000).map((id) => id.slice(19))).size).toBe(1_000);
  });
});
