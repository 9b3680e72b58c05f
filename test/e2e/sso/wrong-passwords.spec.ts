import type { Answer } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';
import { closeDb, db } from '../../support/db.js';
import { type My360, newMy360, type User } from '../../support/my360.js';

afterAll(closeDb);

const wrong = (user: User): User => ({ ...user, password: 'wrong' });

async function tries(my360: My360, user: User, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let made = 0; made < count; made += 1) statuses.push((await my360.signIn(wrong(user))).status);
  return statuses;
}

/** Users with five attempts, by their digest. */
async function exhausted(): Promise<string[]> {
  const rows = await db().rows<{ digest: string }>(
    `select encode(user_digest, 'hex') as digest from login_attempts group by 1 having count(*) = 5`,
  );
  return rows.map(({ digest }) => digest);
}

/** How often a password got as far as Invoice Cloud. */
const passwordsTried = (calls: { operation: string }[]) =>
  calls.filter(({ operation }) => operation === 'remote-authentication').length;

function expectRefused(answer: Answer): void {
  expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
  const wait = Number(answer.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(900);
}

describe('wrong passwords', () => {
  test('are five; the sixth is 429 with Retry-After, and Invoice Cloud is not asked', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const calls = await my360.calls(async () => {
      expect(await tries(my360, user, 5)).toEqual([422, 422, 422, 422, 422]);
      expectRefused(await my360.signIn(wrong(user)));
      expectRefused(await my360.signIn(user));
    });
    expect(passwordsTried(calls)).toBe(5);
  });

  test('count no longer after fifteen minutes', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const before = await exhausted();
    await tries(my360, user, 5);
    const [mine] = (await exhausted()).filter((digest) => !before.includes(digest));
    const age = (interval: string) =>
      db().rows(
        `update login_attempts set attempted_at = attempted_at - interval '${interval}'
         where encode(user_digest, 'hex') = $1`,
        [mine],
      );
    await age('14 minutes');
    expectRefused(await my360.signIn(user));
    await age('2 minutes');
    expect((await my360.signIn(user)).status).toBe(201);
  });

  test('are forgotten after a right one', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    for (let rounds = 0; rounds < 2; rounds += 1) {
      expect(await tries(my360, user, 4)).toEqual([422, 422, 422, 422]);
      expect((await my360.signIn(user)).status).toBe(201);
    }
  });

  test('from many requests at once get no more tries', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const calls = await my360.calls(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => my360.signIn(wrong(user))));
      for (const { status } of answers) expect([422, 429]).toContain(status);
      expect((await tries(my360, user, 6)).at(-1)).toBe(429);
    });
    expect(passwordsTried(calls)).toBe(5);
  });

  test('are not what right ones are, of which many may be under way at once', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    await my360.story.fault({ operation: 'remote-authentication', kind: 'delay', ms: 300, times: 0 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => my360.signIn(user)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201, 201, 201]);
  });

  test('are one user’s, whatever the case of the address, and nobody else’s', async () => {
    const my360 = await newMy360();
    const [user, another] = [await my360.user(), await my360.user()];
    await tries(my360, user, 3);
    await tries(my360, { ...user, email: user.email.toUpperCase() }, 2);
    expectRefused(await my360.signIn(user));
    expect((await my360.signIn(another)).status).toBe(201);

    const elsewhere = await newMy360({ partner: my360.story.partner });
    const { email, password } = user;
    await elsewhere.customer({ accountNumber: '1', name: 'x', registered: { email, password } });
    expect((await elsewhere.signIn(user)).status).toBe(201);
  });

  test('count together, wherever a password is tried', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const ways = [
      () => my360.signIn(wrong(user)),
      () => my360.register(wrong(user)),
      () => my360.ask('POST', '/credential-changes', { ...wrong(user), newPassword: 'long enough' }),
    ];
    const calls = await my360.calls(async () => {
      for (const way of [...ways, ...ways].slice(0, 5)) expect((await way()).status).not.toBe(429);
      for (const way of ways) expectRefused(await way());
    });
    expect(passwordsTried(calls)).toBe(5);
  });

  test('count also while another call of the sign-in fails', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    await my360.story.fault({ operation: 'retrieve-users', kind: 'status', status: 503, times: 0 });
    await my360.story.fault({ operation: 'remote-authentication', kind: 'delay', ms: 50, times: 0 });
    const calls = await my360.calls(async () => {
      for (let made = 0; made < 8; made += 1) await my360.signIn(wrong(user));
    });
    expect(passwordsTried(calls)).toBeLessThanOrEqual(5);
  });

  test('are not what an unreachable Invoice Cloud, a locked or an unregistered user is', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const locked = await my360.user({ registered: { email: 'l@example.com', password: 'right' }, locked: true });
    await my360.story.fault({ kind: 'status', status: 500, times: 0 });
    for (let made = 0; made < 6; made += 1) expect([502, 503]).toContain((await my360.signIn(user)).status);
    await my360.story.steer('/faults', 'DELETE');
    // Not at once: Invoice Cloud is left alone for ten seconds, and those who come meanwhile do not count either.
    await eventually('signing in works again', async () => {
      const { status } = await my360.signIn(user);
      expect([201, 503]).toContain(status);
      return status === 201;
    });
    for (let made = 0; made < 6; made += 1) {
      expect((await my360.signIn({ ...locked, email: 'l@example.com' })).status).toBe(423);
      expect((await my360.signIn({ email: 'nobody@example.com', password: 'x' })).status).toBe(409);
    }
  });
});
