import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

/**
 * Asks again until the answer is neither undefined nor false.
 * @returns undefined after the deadline: what that means is for the caller to say
 */
export async function until<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs: number,
  everyMs = 50,
): Promise<T | undefined> {
  for (const deadline = Date.now() + withinMs; ;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) return undefined;
    await sleep(everyMs);
  }
}

/** The value below which `share` of the values lie; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const milliseconds = (value: number): string => (Number.isNaN(value) ? '–' : `${Math.round(value)} ms`);
