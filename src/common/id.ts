import { randomUUIDv7 } from 'node:crypto';

/** What is left of the 12 bits of a counter that starts somewhere in its lower half: 2,048 ids of one millisecond and more. */
const MOST_COUNT = 0xfff;
let lastMs = 0;
let count = 0;
/** `lastMs` as it stands in an id. */
let time = '';

/**
 * Ids are UUIDv7: sorted by time, so that a page of the newest reads one end of the index. Those of one process strictly
 * increase (RFC 9562, 6.2, method 1: the 12 bits behind the milliseconds count), also while its clock is set back. Between
 * processes ids are as near to the order of events as their clocks are to each other, and no nearer: what hangs on the
 * order asks the database's clock, or a number that is counted there. The 62 bits of chance behind the counter keep ids of
 * several processes apart; ids are no secrets.
 */
export function newId(): string {
  const random = randomUUIDv7();
  const now = Date.now();
  if (now > lastMs) {
    tick(now);
    count = Number.parseInt(random.slice(15, 18), 16) & 0x7ff;
  } else if (count < MOST_COUNT) {
    count += 1;
  } else {
    tick(lastMs + 1);
    count = 0;
  }
  return `${time}-7${count.toString(16).padStart(3, '0')}${random.slice(18)}`;
}

function tick(ms: number): void {
  lastMs = ms;
  const hex = ms.toString(16).padStart(12, '0');
  time = `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isId = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);

/**
 * Ids are made by the processes' clocks, and times of rows by the database's. Whoever looks for a time reads the index of ids
 * as far around it as the clocks may differ, and compares the time itself.
 */
const CLOCKS_APART_MS = 3_600_000;

/** For a range without an end, in the form of a time. */
export const END_OF_TIME = '9999-12-31T00:00:00Z';

/** A range of ids that holds every row of these times, and some more. */
export const idsAround = (from: Date, before: Date): [from: string, before: string] => [
  leastIdAt(new Date(from.getTime() - CLOCKS_APART_MS)),
  leastIdAt(new Date(before.getTime() + CLOCKS_APART_MS)),
];

/** The least id that can have been made at or after a time, so that a filter by time uses the index of ids. */
export function leastIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
