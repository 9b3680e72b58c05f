import { closeDb } from '../../support/db.js';
import { type My360, newAccount, newEmail, newMy360, type User } from '../../support/my360.js';

afterAll(closeDb);

type Send = (my360: My360, user: User) => Promise<{ status: number; headers: Headers; body: unknown; text: string }>;

const openPage =
  (body: object): Send =>
  async (my360, user) =>
    my360.openPage((await my360.session(user)).id, { page: 'autopay', ...body });

/** What may be asked about a request that is refused. Nothing here writes. */
const READING = [
  'remote-authentication',
  'retrieve-users',
  'retrieve-user-accounts',
  'retrieve-customer-guid',
  // Refused by Invoice Cloud as a whole.
  'register-accounts',
];

describe('bad input is a problem document with its own code, and changes nothing at Invoice Cloud', () => {
  test.each<[string, number, string, Send]>([
    [
      'a wrong password at sign-in',
      422,
      'invalid_credentials',
      (my360, user) => my360.signIn({ ...user, password: 'wrong' }),
    ],
    [
      'a wrong password at registration',
      422,
      'invalid_credentials',
      (my360, user) => my360.register({ ...user, password: 'wrong' }),
    ],
    [
      'a wrong password at a registration of a new account',
      422,
      'invalid_credentials',
      (my360, user) => my360.register({ ...user, accountNumber: newAccount(), password: 'wrong' }),
    ],
    [
      'an unknown account at the sign-in of a user to be registered',
      404,
      'account_not_found',
      (my360) => my360.signIn({ email: newEmail(), password: 'x' }, [newAccount()]),
    ],
    [
      'another user’s account at sign-in',
      409,
      'account_registered_to_another_user',
      (my360, user) => my360.signIn({ email: newEmail(), password: 'x' }, [user.accountNumber]),
    ],
    [
      'another user’s account at registration',
      409,
      'account_registered_to_another_user',
      (my360, user) => my360.register({ ...user, email: newEmail() }),
    ],
    [
      'an e-mail that is none at sign-in',
      400,
      'invalid_request',
      (my360) => my360.signIn({ email: 'payer', password: 'x' }),
    ],
    [
      'an e-mail that is none at registration',
      400,
      'invalid_request',
      (my360) => my360.register({ email: 'a@b@example.com', password: 'x', accountNumber: '1' }),
    ],
    ['a page that does not exist', 400, 'invalid_request', openPage({ page: 'passwords' })],
    [
      'a ReturnUrl outside the allowed origins',
      422,
      'origin_not_allowed',
      openPage({ ReturnUrl: 'https://elsewhere.example/' }),
    ],
    [
      'a CSSUrl outside the allowed origins',
      422,
      'origin_not_allowed',
      openPage({ CSSUrl: 'https://elsewhere.example/a.css' }),
    ],
    [
      'a session that is none',
      404,
      'session_not_found',
      (my360) => my360.openPage(crypto.randomUUID(), { page: 'autopay' }),
    ],
    [
      'an unregistered user without accounts',
      409,
      'user_not_registered',
      (my360) => my360.signIn({ email: newEmail(), password: 'x' }),
    ],
    ['no password', 400, 'invalid_request', (my360, user) => my360.signIn({ ...user, password: '' })],
    [
      'a list as password',
      400,
      'invalid_request',
      (my360, { email }) => my360.ask('POST', '/sessions', { email, password: ['x'] }),
    ],
    [
      'a list as e-mail',
      400,
      'invalid_request',
      (my360, { email }) => my360.ask('POST', '/sessions', { email: [email], password: 'x' }),
    ],
    [
      'a field too many',
      400,
      'invalid_request',
      (my360, user) => my360.ask('POST', '/registrations', { ...user, LoginTypeID: 2 }),
    ],
    [
      'a field too many in the customer',
      400,
      'invalid_request',
      (my360, user) => my360.register(user, { BillerGUID: 'x' }),
    ],
    [
      'an account with a line break',
      400,
      'invalid_request',
      (my360, user) => my360.register({ ...user, accountNumber: '1\n2' }),
    ],
    ['the same account twice', 400, 'invalid_request', (my360, user) => my360.signIn(user, ['1', '1'])],
    ['a list in place of the body', 400, 'invalid_request', (my360) => my360.ask('POST', '/sessions', [])],
  ])('%s: %d %s', async (_, status, code, send) => {
    const my360 = await newMy360();
    const user = await my360.user();
    await my360.unregistered();
    const operations = await my360.operations(async () => {
      const answer = await my360.unchanged(() => send(my360, user));
      expect(answer).toMatchObject({ status, body: { code, status, type: `urn:billbridge:error:${code}` } });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.text).not.toContain(user.email);
      expect(answer.text).not.toContain(user.password);
    });
    expect(operations.filter((operation) => !READING.includes(operation))).toEqual([]);
  });

  test('a locked user: 423 user_locked', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const locked = { email: newEmail(), password: 'right', accountNumber: newAccount() };
    await my360.customer({ accountNumber: locked.accountNumber, name: 'Lena', registered: { email: locked.email, password: 'right' }, locked: true }); // prettier-ignore
    await my360.unchanged(async () => {
      for (const send of [my360.signIn(locked), my360.register(locked)]) {
        expect(await send).toMatchObject({ status: 423, body: { code: 'user_locked' } });
      }
    });
    expect((await my360.signIn(user)).status).toBe(201);
  });

  test('a biller without an API key, and one whose key Invoice Cloud refuses', async () => {
    const without = await newMy360({ invoiceCloudKey: null });
    expect(await without.signIn({ email: newEmail(), password: 'x' })).toMatchObject({ status: 409 });
    const refused = await newMy360();
    await refused.story.fault({ kind: 'status', status: 401, times: 3 });
    expect(await refused.signIn({ email: newEmail(), password: 'x' })).toMatchObject({
      status: 502,
      body: { code: 'invoice_cloud_key_refused' },
    });
  });

  test.each([
    ['is unreachable', { kind: 'reset' }, 502, 'invoice_cloud_unavailable'],
    ['fails', { kind: 'status', status: 500 }, 502, 'invoice_cloud_unavailable'],
    ['answers half', { kind: 'half-body' }, 502, 'invoice_cloud_unavailable'],
    ['answers HTML', { kind: 'html' }, 502, 'invoice_cloud_answer_unreadable'],
    ['answers no JSON', { kind: 'bad-json' }, 502, 'invoice_cloud_answer_unreadable'],
    ['answers without what matters', { kind: 'no-url' }, 502, 'invoice_cloud_answer_unreadable'],
    ['is too slow', { kind: 'delay', ms: 3_000 }, 504, 'invoice_cloud_timeout'],
  ])('an Invoice Cloud that %s at sign-in', async (_, fault, status, code) => {
    const my360 = await newMy360();
    const user = await my360.user();
    await my360.story.fault({ operation: 'remote-authentication', ...fault });
    const answer = await my360.unchanged(() => my360.signIn(user));
    expect(answer).toMatchObject({ status, body: { code } });
    expect(await my360.story.db.count('from sso_sessions where biller_id = $1', [my360.story.billerId])).toBe(0);
    expect((await my360.signIn(user)).status).toBe(201);
  });
});
