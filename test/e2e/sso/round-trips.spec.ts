import type { Json } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { type My360, newAccount, newEmail, newMy360, wanted } from '../../support/my360.js';

afterAll(closeDb);

const DELAY_MS = 200;
/** A timer may fire early by a millisecond or two. */
const SURELY_MS = DELAY_MS - 10;

/** The operations that were under way together, each once; one list for each Invoice Cloud round trip in a row. */
type RoundTrips = string[][];

/**
 * A call that waits for another's answer begins 200 ms after it at the soonest, so that there are never fewer groups
 * than calls in a row. A busy machine can only add some; hence the best of a few tries.
 */
function roundTripsOf(calls: readonly Json[]): RoundTrips {
  const trips: { began: number; operations: string[] }[] = [];
  for (const { at, operation } of calls) {
    const began = Date.parse(at);
    const last = trips.at(-1);
    if (last && began - last.began < SURELY_MS) last.operations.push(operation);
    else trips.push({ began, operations: [operation] });
  }
  return trips.map(({ operations }) => [...new Set(operations)].sort());
}

/** @param attempt makes its own customers, and answers what is to be measured */
async function fewest(
  my360: My360,
  expected: number,
  attempt: () => Promise<() => Promise<unknown>> | (() => Promise<unknown>),
): Promise<RoundTrips> {
  let best: RoundTrips | undefined;
  for (let tries = 0; tries < 4 && (best?.length ?? Infinity) > expected; tries += 1) {
    const run = await attempt();
    await my360.story.fault({ kind: 'delay', ms: DELAY_MS, times: 0 });
    const began = performance.now();
    const trips = roundTripsOf(await my360.calls(run));
    const took = performance.now() - began;
    await my360.story.steer('/faults', 'DELETE');
    // The delay was there, and was met once for each round trip.
    expect(took).toBeGreaterThanOrEqual(expected * SURELY_MS);
    if (trips.length < (best?.length ?? Infinity)) best = trips;
  }
  return best ?? [];
}

const READING = ['remote-authentication', 'retrieve-user-accounts', 'retrieve-users'];

describe('with 200 ms of delay at every operation of Invoice Cloud', () => {
  test('sign-in takes two round trips in a row, not four', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 2, async () => {
      const user = await my360.user();
      return async () => wanted(201, await my360.signIn(user));
    });
    expect(trips).toEqual([READING, ['retrieve-customer-guid']]);
  });

  test('sign-in that links accounts takes two as well', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 2, async () => {
      const user = await my360.user();
      const missing = await my360.unregistered();
      return async () => wanted(201, await my360.signIn(user, [user.accountNumber, missing, newAccount()]));
    });
    expect(trips).toEqual([READING, ['link-accounts', 'retrieve-customer-guid']]);
  });

  test('sign-in that registers takes three', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 3, async () => {
      const account = await my360.unregistered();
      return async () => wanted(201, await my360.signIn({ email: newEmail(), password: 'x' }, [account]));
    });
    expect(trips).toHaveLength(3);
    expect(trips[0]).toEqual(READING);
    expect(trips[1]).toContain('register-accounts');
    expect(trips[2]).toContain('remote-authentication');
  });

  test('registration of a registered account takes two', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 2, async () => {
      const user = await my360.user();
      return async () => wanted(201, await my360.register(user));
    });
    expect(trips).toEqual([READING, ['retrieve-customer-guid']]);
  });

  test('registration of a known account takes three', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 3, async () => {
      const accountNumber = await my360.unregistered();
      return async () => wanted(201, await my360.register({ email: newEmail(), password: 'x', accountNumber }));
    });
    expect(trips).toHaveLength(3);
    expect(trips[0]).toEqual(READING);
    expect(trips[1]).toContain('register-accounts');
    expect(trips[2]).toContain('remote-authentication');
  });

  test('registration of an unknown account takes four', async () => {
    const my360 = await newMy360();
    const trips = await fewest(my360, 4, () => {
      const user = { email: newEmail(), password: 'x', accountNumber: newAccount() };
      return async () => wanted(201, await my360.register(user));
    });
    expect(trips).toHaveLength(4);
    expect(trips.slice(0, 3)).toEqual([READING, ['create-customer-record'], ['register-accounts']]);
    expect(trips[3]).toContain('remote-authentication');
  });
});
