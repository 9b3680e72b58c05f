export type NextAttempt =
  | { readonly retry: true; readonly afterSeconds: number; readonly reason: string }
  | { readonly retry: false; readonly reason: string };

/**
 * When a failed delivery is tried again.
 * @param attempts how many were made, at least 1
 * @param schedule seconds between attempts
 * @param chance from 0 to 1; spreads the attempts by a tenth either way, so that a partner that comes back is not met
 * by everything at once
 */
export function nextAttempt(attempts: number, schedule: readonly number[], chance: number): NextAttempt {
  const wait = schedule[attempts - 1];
  if (wait === undefined) return { retry: false, reason: `all ${attempts} attempts failed` };
  return { retry: true, afterSeconds: wait * (0.9 + 0.2 * chance), reason: `attempt ${attempts} failed` };
}
