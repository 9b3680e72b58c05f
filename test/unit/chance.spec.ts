import { bytesOfChance } from '../../src/common/chance.js';

describe('bytes of chance', () => {
  test('are as many as were asked for, and none of them comes again', () => {
    const seen = new Set<string>();
    // Across several draws.
    for (let i = 0; i < 3_000; i += 1) {
      const bytes = bytesOfChance(i % 2 === 0 ? 12 : 32);
      expect(bytes).toHaveLength(i % 2 === 0 ? 12 : 32);
      seen.add(bytes.toString('hex', 0, 12));
    }
    expect(seen.size).toBe(3_000);
  });

  test('stay what they are when more are drawn', () => {
    const first = bytesOfChance(32);
    const kept = Buffer.from(first);
    for (let i = 0; i < 1_000; i += 1) bytesOfChance(32);
    expect(first).toEqual(kept);
  });

  test('are never fewer than were asked for', () => {
    expect(bytesOfChance(12_288)).toHaveLength(12_288);
    expect(bytesOfChance(32).equals(Buffer.alloc(32))).toBe(false);
    expect(() => bytesOfChance(12_289)).toThrow(RangeError);
  });
});
