import type { Failure } from './failure.js';
import type { Operation } from './operations.js';

export const MOST_RETRIES = 2;

/** What Invoice Cloud may ask us to wait within one call. A longer wait is the caller's to make. Milliseconds. */
const LONGEST_RETRY_AFTER_MS = 2_000;
const FIRST_BACKOFF_MS = 200;

export interface RetryVerdict {
  readonly retry: boolean;
  readonly afterMs: number;
  readonly reason: string;
}

/**
 * Whether a failed attempt is made again. What may have been done is not: a second opening is a second hosted page,
 * and a second Remote Authentication may count as a second wrong password.
 * @param attempt how many retries there were
 * @param remainingMs of the deadline, which covers all attempts
 */
export function retryRule(
  { safe }: Pick<Operation, 'safe'>,
  failure: Failure,
  attempt: number,
  remainingMs = Infinity,
  random: () => number = Math.random,
): RetryVerdict {
  const no = (reason: string): RetryVerdict => ({ retry: false, afterMs: 0, reason });
  if (attempt >= MOST_RETRIES) return no('it was tried often enough');
  if (failure.kind === 'timeout') return no('the time is over');
  if (failure.kind === 'too-large') return no('the same answer would come again');
  const left = failure.kind === 'status' || failure.sent;
  if (left && !safe) return no('it may have been done, and is not to be done twice');
  const asked = failure.kind === 'status' ? failure.retryAfterMs : undefined;
  if (failure.kind === 'status' && failure.status === 429 && asked === undefined) {
    return no('Invoice Cloud does not say when it takes more');
  }
  if (asked !== undefined && asked > LONGEST_RETRY_AFTER_MS) return no('Invoice Cloud asks for a longer wait');
  const backoff = FIRST_BACKOFF_MS * 2 ** attempt;
  // Never sooner than asked, and not all callers at the same moment.
  const afterMs = Math.round((asked ?? 0) + backoff / 2 + (random() * backoff) / 2);
  // A retry that has no time to end would only make a clear failure an unclear one.
  if (afterMs > remainingMs / 2) return no('too little time is left');
  return { retry: true, afterMs, reason: left ? 'it is safe to repeat' : 'it never left' };
}
