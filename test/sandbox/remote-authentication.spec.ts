import { startMy360, type My360 } from './my360.js';

describe('signing in by REST v1', () => {
  let my360: My360;
  const rosa = { email: 'rosa@example.com', password: 'a secret ' };

  beforeEach(async () => {
    my360 = await startMy360();
  });
  afterEach(() => my360.close());

  it.each([
    'remoteauth/RetrieveUsers',
    'remoteauth/RemoteAuthentication',
    'remoteauth/RetrieveUserAccounts',
    'remoteauth/RegisterAccounts',
    'remoteauth/LinkAccounts',
    'remoteauth/UnregisterAccounts',
    'remoteauth/UpdatePassword',
    'remoteauth/UpdateEmailAddress',
    'customer/RetrieveCustomerGuid',
    'customers/CreateCustomerRecord',
  ])('%s needs the key as user name, and a JSON object', async (path) => {
    for (const credentials of ['', my360.apiKey, 'another:']) {
      const answer = await fetch(`${my360.url}/api/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
        body: '{}',
      });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toEqual({ Code: 'Unauthorized', Message: expect.any(String) });
    }
    for (const body of ['{}', '[]', '{"EmailAddress":', '{"EmailAddress":{}}']) {
      expect(await my360.call(path, body)).toMatchObject({ status: 400, body: { Code: 'InvalidRequest' } });
    }
  });

  it('finds users by account or by email, registered or not', async () => {
    await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa });
    await my360.customer({ accountNumber: '2', name: 'Rosa', linkedTo: '1' });
    await my360.customer({ accountNumber: '3', name: 'Umar', email: 'Umar@example.com' });
    const users = async (asked: unknown) => (await my360.call('remoteauth/RetrieveUsers', asked)).body.Users;

    const primary = {
      AccountNumber: '1',
      EmailAddress: rosa.email,
      Username: rosa.email,
      Registered: true,
      Locked: false,
    };
    const umar = {
      AccountNumber: '3',
      EmailAddress: 'Umar@example.com',
      Username: null,
      Registered: false,
      Locked: false,
    };
    expect(await users({ EmailAddress: 'ROSA@example.com' })).toEqual([primary, { ...primary, AccountNumber: '2' }]);
    expect(await users({ emailaddress: 'umar@example.com' })).toEqual([umar]);
    expect(await users({ AccountNumber: 3 })).toEqual([umar]);
    expect(await users({ AccountNumber: '1', EmailAddress: 'umar@example.com' })).toEqual([primary]);
    expect(await users({ AccountNumber: '4' })).toEqual([]);
    expect(await users({ EmailAddress: 'nobody@example.com' })).toEqual([]);
  });

  it('gives a token for email and password, and the biller says for how long', async () => {
    await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa });
    const asked = { EmailAddress: rosa.email, Password: rosa.password, AccountNumber: '1' };
    const first = await my360.call('remoteauth/RemoteAuthentication', asked);
    expect(first).toEqual({
      status: 200,
      body: { RemoteAuthenticationToken: expect.stringMatching(/^[\w-]{43}$/), ExpiresInSeconds: 1200 },
    });
    await my360.putBiller({ billerGuid: my360.billerGuid, apiKey: my360.apiKey, name: 'B', tokenLifeSeconds: 5 });
    const second = await my360.call('remoteauth/RemoteAuthentication', asked);
    expect(second.body.ExpiresInSeconds).toBe(5);
    expect(second.body.RemoteAuthenticationToken).not.toBe(first.body.RemoteAuthenticationToken);
  });

  it.each([
    ['a wrong password', { EmailAddress: 'rosa@example.com', Password: 'a secret' }, 'InvalidCredentials'],
    ['an unregistered email', { EmailAddress: 'umar@example.com', Password: 'x' }, 'NotRegistered'],
    ['an unknown email', { EmailAddress: 'nobody@example.com', Password: 'x' }, 'NotRegistered'],
    ['a locked user', { EmailAddress: 'lena@example.com', Password: 'right' }, 'UserLocked'],
    [
      'another’s account',
      { EmailAddress: 'rosa@example.com', Password: 'a secret ', AccountNumber: '3' },
      'NotRegistered',
    ],
    ['no password', { EmailAddress: 'rosa@example.com' }, 'InvalidRequest'],
    ['a password that is no text', { EmailAddress: 'rosa@example.com', Password: 7 }, 'InvalidRequest'],
  ])('refuses %s', async (_name, asked, code) => {
    await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa });
    await my360.customer({ accountNumber: '2', name: 'Umar', email: 'umar@example.com' });
    const lena = { email: 'lena@example.com', password: 'right' };
    await my360.customer({ accountNumber: '3', name: 'Lena', registered: lena, locked: true });
    const answer = await my360.unchanged(() => my360.call('remoteauth/RemoteAuthentication', asked));
    expect(answer).toEqual({ status: 400, body: { Code: code, Message: expect.any(String) } });
  });

  it('lists a user’s accounts with what they owe', async () => {
    await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa, balance: '12.34' });
    await my360.customer({ accountNumber: '2', name: 'Rosa’s mill', linkedTo: rosa.email });
    const asked = (email: string) => my360.call('remoteauth/RetrieveUserAccounts', { EmailAddress: email });
    expect((await asked(rosa.email)).body).toEqual({
      Accounts: [
        { AccountNumber: '1', Name: 'Rosa', Primary: true, Balance: 12.34 },
        { AccountNumber: '2', Name: 'Rosa’s mill', Primary: false, Balance: 0 },
      ],
    });
    expect((await asked('nobody@example.com')).body).toEqual({ Accounts: [] });
  });

  describe('changes of email and password', () => {
    beforeEach(async () => {
      await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa });
      const umar = { email: 'umar@example.com', password: 'another' };
      await my360.customer({ accountNumber: '2', name: 'Umar', registered: umar });
    });
    const changePassword = (fields: Record<string, unknown>) =>
      my360.call('remoteauth/UpdatePassword', { EmailAddress: rosa.email, NewPassword: 'the next', ...fields });
    const changeEmail = (fields: Record<string, unknown>) =>
      my360.call('remoteauth/UpdateEmailAddress', {
        EmailAddress: rosa.email,
        NewEmailAddress: 'rosa.w@example.com',
        ...fields,
      });

    it.each([
      ['the current password', { Password: rosa.password }],
      ['the user’s approval', { Approved: true }],
    ])('are made with %s', async (_name, proof) => {
      expect(await changePassword(proof)).toEqual({ status: 200, body: { Updated: true } });
      expect(await my360.signIn(rosa.email, 'the next')).toHaveLength(43);
      const next = 'Password' in proof ? { Password: 'the next' } : proof;
      expect(await changeEmail(next)).toEqual({ status: 200, body: { Updated: true } });
      expect(await my360.signIn('Rosa.W@example.com', 'the next')).toHaveLength(43);
      expect((await my360.customers()).users).toMatchObject([
        { email: 'umar@example.com', passwordChanges: 0 },
        { email: 'rosa.w@example.com', username: 'rosa.w@example.com', passwordChanges: 1, accounts: ['1'] },
      ]);
    });

    it.each([
      ['a wrong password', { Password: 'wrong' }, 'InvalidCredentials'],
      ['a wrong password in spite of an approval', { Password: 'wrong', Approved: true }, 'InvalidCredentials'],
      ['no password', {}, 'InvalidRequest'],
      ['no approval', { Approved: false }, 'InvalidRequest'],
      ['an unknown user', { Approved: true, EmailAddress: 'nobody@example.com' }, 'NotRegistered'],
    ])('are refused for %s', async (_name, fields, code) => {
      const answers = await my360.unchanged(async () => [await changePassword(fields), await changeEmail(fields)]);
      for (const answer of answers) expect(answer).toMatchObject({ status: 400, body: { Code: code } });
    });

    it('leave no two users with one email', async () => {
      const taken = { Password: rosa.password, NewEmailAddress: 'UMAR@example.com' };
      const answer = await my360.unchanged(() => changeEmail(taken));
      expect(answer).toMatchObject({ status: 400, body: { Code: 'EmailAddressTaken' } });
      expect(await changeEmail({ ...taken, NewEmailAddress: 'no email' })).toMatchObject({ status: 400 });
      expect(await changeEmail({ ...taken, NewEmailAddress: 'Rosa@example.com' })).toMatchObject({ status: 200 });
    });
  });
});
