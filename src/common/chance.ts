import { randomBytes } from 'node:crypto';

/** Drawn at once: asking for a few bytes costs what asking for thousands does, in a busy process a twentieth of an opening. */
const DRAWN = 12_288;

let pool: Buffer = Buffer.alloc(0);
let used = 0;

/**
 * Random bytes, fit for secrets and ivs. Each is given out once and stands nowhere else afterwards.
 * @throws RangeError for more than are drawn at once
 */
export function bytesOfChance(count: number): Buffer {
  if (count > DRAWN) throw new RangeError(`${count} random bytes are more than the ${DRAWN} that are drawn at once`);
  if (used + count > pool.length) {
    pool = randomBytes(DRAWN);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}
