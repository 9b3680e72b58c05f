import { startMy360, type My360 } from './my360.js';

describe('customers and their registration', () => {
  let my360: My360;
  const email = 'rosa@example.com';
  const password = 'a secret';

  beforeEach(async () => {
    my360 = await startMy360();
    for (const accountNumber of ['1', '2', '3'])
      await my360.customer({ accountNumber, name: `Holder ${accountNumber}` });
    const umar = { email: 'umar@example.com', password: 'another' };
    await my360.customer({ accountNumber: '9', name: 'Umar', registered: umar });
  });
  afterEach(() => my360.close());

  const list = (...numbers: string[]) => numbers.map((AccountNumber) => ({ AccountNumber }));
  const register = (numbers: string[], fields: Record<string, unknown> = {}) =>
    my360.call('remoteauth/RegisterAccounts', {
      EmailAddress: email,
      Password: password,
      LoginTypeID: 1,
      Accounts: list(...numbers),
      ...fields,
    });
  const link = (...numbers: string[]) =>
    my360.call('remoteauth/LinkAccounts', { EmailAddress: email, Accounts: list(...numbers) });
  const unregister = (...numbers: string[]) =>
    my360.call('remoteauth/UnregisterAccounts', { EmailAddress: email, Accounts: list(...numbers) });
  const accounts = async () => {
    const { body } = await my360.call('remoteauth/RetrieveUserAccounts', { EmailAddress: email });
    return (body.Accounts as { AccountNumber: string }[]).map(({ AccountNumber }) => AccountNumber);
  };

  it('registers accounts; again, it changes nothing', async () => {
    const first = await register(['1', '2', '1']);
    expect(first).toEqual({ status: 200, body: { Registered: ['1', '2'], AlreadyRegistered: [] } });
    const again = await my360.unchanged(() => register(['1']));
    expect(again).toEqual({ status: 200, body: { Registered: [], AlreadyRegistered: ['1'] } });
    expect((await register(['1', '3'])).body).toEqual({ Registered: ['3'], AlreadyRegistered: ['1'] });
    expect(await accounts()).toEqual(['1', '2', '3']);
  });

  it.each([
    ['an unknown account', ['1', '4'], {}, { Code: 'AccountNotFound', AccountNumber: '4' }],
    ['another’s account', ['1', '9'], {}, { Code: 'AccountRegisteredToAnotherUser', AccountNumber: '9' }],
    ['another password', ['1'], { EmailAddress: 'umar@example.com' }, { Code: 'InvalidCredentials' }],
    ['another login type', ['1'], { LoginTypeID: 2 }, { Code: 'InvalidLoginType' }],
    ['no login type', ['1'], { LoginTypeID: null }, { Code: 'InvalidRequest' }],
    ['no password', ['1'], { Password: '' }, { Code: 'InvalidRequest' }],
    ['an email that is none', ['1'], { EmailAddress: 'rosa' }, { Code: 'InvalidRequest' }],
    ['no accounts', [], {}, { Code: 'InvalidRequest' }],
  ])('refuses to register %s, and registers none', async (_name, numbers, fields, refusal) => {
    const answer = await my360.unchanged(() => register(numbers, fields));
    expect(answer).toEqual({ status: 400, body: { Message: expect.any(String), ...refusal } });
  });

  it('links accounts and names those it does not know', async () => {
    expect(await my360.unchanged(() => link('2'))).toMatchObject({ status: 400, body: { Code: 'NotRegistered' } });
    await register(['1']);
    const linked = { status: 200, body: { Linked: ['2'], AlreadyLinked: ['1'], Unknown: ['4'] } };
    expect(await link('1', '2', '4')).toEqual(linked);
    const again = await my360.unchanged(() => link('2'));
    expect(again.body).toEqual({ Linked: [], AlreadyLinked: ['2'], Unknown: [] });
    const refused = await my360.unchanged(() => link('3', '9'));
    expect(refused).toMatchObject({ status: 400, body: { Code: 'AccountRegisteredToAnotherUser' } });
  });

  it('unregisters a linked account alone, and all with the primary one', async () => {
    await register(['1']);
    await link('2', '3');
    expect((await unregister('2', '9', '4')).body).toEqual({ Unregistered: ['2'] });
    expect(await accounts()).toEqual(['1', '3']);
    const token = await my360.signIn(email, password);
    expect((await unregister('3', '1')).body).toEqual({ Unregistered: ['1', '3'] });
    expect(await accounts()).toEqual([]);
    expect((await my360.handOff({ RemoteAuthenticationToken: token })).status).toBe(401);
    expect(await my360.unchanged(() => unregister('1'))).toEqual({ status: 200, body: { Unregistered: [] } });
    expect((await register(['2'])).body.Registered).toEqual(['2']);
  });

  it('creates a customer record once', async () => {
    const record = { AccountNumber: '5', Name: 'Nell', EmailAddress: 'nell@example.com', City: 'Sampleton' };
    const created = await my360.call('customers/CreateCustomerRecord', record);
    expect(created).toEqual({ status: 200, body: { CustomerGuid: expect.any(String), Created: true } });
    const again = await my360.unchanged(() =>
      my360.call('customers/CreateCustomerRecord', { ...record, Name: 'Somebody else' }),
    );
    expect(again.body).toEqual({ CustomerGuid: created.body.CustomerGuid, Created: false });
  });

  it('knows a customer’s GUID, and the portal account behind it', async () => {
    await register(['1']);
    const guid = async (asked: Record<string, unknown>) => my360.call('customer/RetrieveCustomerGuid', asked);
    const { body } = await guid({ AccountNumber: '1', EmailAddress: 'Rosa@example.com', Username: email });
    const account = await my360.get(`cp/${String(body.CustomerGuid)}/account`);
    expect(await account.json()).toEqual({
      CustomerGuid: body.CustomerGuid,
      AccountNumber: '1',
      Name: 'Holder 1',
      EmailAddress: email,
      Registered: true,
      Username: email,
      Balance: 0,
      Paperless: false,
      AutoPay: false,
    });
    expect((await guid({ AccountNumber: '2', EmailAddress: '', Username: '' })).status).toBe(200);
    for (const wrong of [
      { AccountNumber: '4' },
      { AccountNumber: '1', EmailAddress: 'umar@example.com' },
      { AccountNumber: '1', Username: 'umar@example.com' },
    ]) {
      expect(await guid(wrong)).toMatchObject({ status: 400, body: { Code: 'CustomerNotFound' } });
    }
    expect((await my360.get('cp/guessed/account')).status).toBe(400);
  });

  it('keeps one biller’s customers from another', async () => {
    await my360.putBiller({ billerGuid: 'other', apiKey: 'other', name: 'Other' });
    const answer = await fetch(`${my360.url}/api/v1/remoteauth/RetrieveUsers`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('other:').toString('base64')}` },
      body: JSON.stringify({ AccountNumber: '1' }),
    });
    expect(await answer.json()).toEqual({ Users: [] });
  });
});
