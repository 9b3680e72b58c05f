export type NextAttempt =
  | { readonly retry: true; readonly afterSeconds: number; readonly reason: string }
  | { readonly retry: false; readonly reason: string };

/** The longest wait that an endpoint may ask for, in seconds. */
const MOST_RETRY_AFTER = 86_400;

/**
 * When a failed delivery is tried again.
 * @param attempts how many were made, at least 1
 * @param schedule seconds between attempts
 * @param chance from 0 to 1; spreads the attempts by a tenth either way, so that a partner that comes back is not met
 * by everything at once
 * @param retryAfter seconds that the endpoint asked for: a lower bound
 */
export function nextAttempt(
  attempts: number,
  schedule: readonly number[],
  chance: number,
  retryAfter = 0,
): NextAttempt {
  const wait = schedule[attempts - 1];
  if (wait === undefined) return { retry: false, reason: `all ${attempts} attempts failed` };
  const jittered = wait * (0.9 + 0.2 * chance);
  if (retryAfter > jittered) return { retry: true, afterSeconds: retryAfter, reason: 'the endpoint asked for it' };
  return { retry: true, afterSeconds: jittered, reason: `attempt ${attempts} failed` };
}

/**
 * `Retry-After` (RFC 9110): seconds, or a date.
 * @returns seconds from now, from 0 to a day; undefined when there is none or it can't be read
 */
export function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text), MOST_RETRY_AFTER);
  // Dates only as HTTP writes them: Date.parse also takes "1.5" and "Monday 1".
  if (!/^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined;
  const seconds = (Date.parse(text) - now.getTime()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MOST_RETRY_AFTER);
}
