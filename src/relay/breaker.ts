import type { Outcome } from './sender.js';

/** Failures in a row after which an endpoint is held back. */
export const BREAKS_AFTER = 5;
const LEAST_SECONDS = 5;
const MOST_SECONDS = 60;

/**
 * How long an endpoint is left alone after so many failures in a row, in seconds: 5, 10, 20, 40, 60, 60 …; 0 while the
 * breaker stays closed. Short, since only what the endpoint's own schedule does not spare it is spared here: a heap of
 * deliveries that all run into the deadline.
 */
export function heldBackFor(failures: number): number {
  if (failures < BREAKS_AFTER) return 0;
  return Math.min(LEAST_SECONDS * 2 ** (failures - BREAKS_AFTER), MOST_SECONDS);
}

/** The waits by number of failures, from 1 on; the last one stands for all that follow. Seconds. */
export const HELD_BACK: readonly number[] = Array.from({ length: BREAKS_AFTER + 4 }, (_, index) =>
  heldBackFor(index + 1),
);

/**
 * What an outcome says of the endpoint: one that answers is alive, also when it refuses this one message (400, 404). A
 * call that was never made says nothing.
 */
export function healthOf(outcome: Outcome): 'sound' | 'failing' | 'gone' | 'unknown' {
  if (outcome.delivered) return 'sound';
  if (outcome.status === 410) return 'gone';
  if (!outcome.sent) return 'unknown';
  return outcome.status === null || outcome.status >= 500 || outcome.status === 429 ? 'failing' : 'sound';
}
