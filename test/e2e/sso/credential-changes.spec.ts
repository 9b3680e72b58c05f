import { closeDb, db } from '../../support/db.js';
import { newEmail, newMy360, type My360, type User } from '../../support/my360.js';

afterAll(closeDb);

const NEW_PASSWORD = 'a new password';

const change = (my360: My360, user: User, wanted: object) =>
  my360.ask('POST', '/credential-changes', { ...user, ...wanted });

describe('a change of credentials that are Invoice Cloud’s too', () => {
  test('of e-mail and password is made at once, and kept nowhere', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const email = newEmail();
    const operations = await my360.operations(async () => {
      const { status, body } = await change(my360, user, { newEmail: email, newPassword: NEW_PASSWORD });
      expect(status).toBe(200);
      expect(body).toEqual({
        id: null,
        status: 'applied',
        changes: ['email', 'password'],
        sentTo: null,
        expiresAt: null,
        failureCode: null,
      });
    });
    expect(operations).toEqual(['remote-authentication', 'update-email-address', 'update-password']);
    expect(await my360.cloudUser(email)).toMatchObject({ passwordChanges: 1, accounts: [user.accountNumber] });
    expect((await my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
    expect((await my360.signIn({ email, password: user.password })).body.code).toBe('invalid_credentials');
    expect((await my360.signIn(user)).body.code).toBe('user_not_registered');
    expect(await db().count('from credential_changes where biller_id = $1', [my360.story.billerId])).toBe(0);
  });

  test('of the e-mail alone leaves the password', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const email = newEmail();
    const { body } = await change(my360, user, { newEmail: email });
    expect(body).toMatchObject({ status: 'applied', changes: ['email'] });
    expect((await my360.signIn({ ...user, email })).status).toBe(201);
    expect((await my360.cloudUser(email)).passwordChanges).toBe(0);
  });

  test('of the password alone leaves the e-mail', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const { body } = await change(my360, user, { newPassword: NEW_PASSWORD });
    expect(body).toMatchObject({ status: 'applied', changes: ['password'] });
    expect((await my360.signIn({ ...user, password: NEW_PASSWORD })).status).toBe(201);
  });

  test('to another user’s e-mail changes nothing, the password neither', async () => {
    const my360 = await newMy360();
    const [user, another] = [await my360.user(), await my360.user()];
    const wanted = { newEmail: another.email, newPassword: NEW_PASSWORD };
    const answer = await my360.unchanged(() => change(my360, user, wanted));
    expect(answer).toMatchObject({ status: 409, body: { code: 'email_address_taken' } });
    expect((await my360.signIn(user)).status).toBe(201);
  });

  test('that stops after the e-mail says so, and the same request goes on from there', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const email = newEmail();
    await my360.story.fault({ operation: 'update-password', kind: 'status', status: 503 });
    const answer = await change(my360, user, { newEmail: email, newPassword: NEW_PASSWORD });
    expect(answer).toMatchObject({ status: 502, body: { completed: ['email'] } });
    const again = await change(my360, user, { newEmail: email, newPassword: NEW_PASSWORD });
    expect(again).toMatchObject({ status: 200, body: { status: 'applied' } });
    expect((await my360.cloudUser(email)).passwordChanges).toBe(1);
    expect((await my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
  });

  test('of a locked user is refused', async () => {
    const my360 = await newMy360();
    const user = await my360.user({ registered: { email: 'l@example.com', password: 'right' }, locked: true });
    const locked = { ...user, email: 'l@example.com', password: 'right' };
    const answer = await my360.unchanged(() => change(my360, locked, { newPassword: NEW_PASSWORD }));
    expect(answer).toMatchObject({ status: 423, body: { code: 'user_locked' } });
  });

  test.each([
    ['nothing to change', {}, 'newEmail'],
    ['an e-mail that is none', { newEmail: 'payer' }, 'newEmail'],
    ['a short password', { newPassword: '1234567' }, 'newPassword'],
    ['no account', { accountNumber: undefined, newPassword: NEW_PASSWORD }, 'accountNumber'],
    ['no present password', { password: undefined, newPassword: NEW_PASSWORD }, 'password'],
    ['an approval of its own', { newPassword: NEW_PASSWORD, Approved: true }, 'Approved'],
  ])('with %s is refused, and Invoice Cloud is not asked', async (_, wanted, field) => {
    const my360 = await newMy360();
    const user = await my360.user();
    const answer = await change(my360, user, wanted);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
    expect(answer.text).not.toContain(NEW_PASSWORD);
    expect(await my360.story.requests()).toEqual([]);
  });
});
