import type { Json } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { newAccount, newEmail, newMy360, type My360 } from '../../support/my360.js';

afterAll(closeDb);

const newUser = (accountNumber = newAccount()) => ({ email: newEmail(), password: 'a new password', accountNumber });

const registrations = (calls: readonly Json[]) => calls.filter(({ operation }) => operation === 'register-accounts');

const timesAsked = async (my360: My360, operation: string) =>
  (await my360.story.requests()).filter((request: Json) => request.operation === operation).length;

describe('registration', () => {
  test('of an unknown account makes the customer record, registers and authenticates', async () => {
    const my360 = await newMy360();
    const user = newUser();
    const customer = { name: 'Nell New', address: '1 Way', city: 'Peoria', state: 'AZ', zip: '85345', phone: '555' };
    const calls = await my360.calls(async () => {
      const { status, body } = await my360.register(user, customer);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        branch: 'unknown',
        outcome: 'registered-and-signed-in',
        customerGuid: (await my360.state()).customers[0].customerGuid,
        accounts: [{ accountNumber: user.accountNumber, name: 'Nell New', primary: true, balanceCents: 0 }],
        remoteAuthenticationToken: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect((await my360.openPage(body.id, { page: 'recent-bills' })).status).toBe(201);
    });
    expect(calls.slice(3, 5).map(({ operation }) => operation)).toEqual([
      'create-customer-record',
      'register-accounts',
    ]);
    expect(calls.slice(5).map(({ operation }) => operation)).toContain('remote-authentication');
    expect(calls[3].body).toEqual({
      AccountNumber: user.accountNumber,
      EmailAddress: user.email,
      Name: 'Nell New',
      Address: '1 Way',
      City: 'Peoria',
      State: 'AZ',
      Zip: '85345',
      Phone: '555',
    });
    expect(registrations(calls).map(({ body }) => body)).toEqual([
      {
        EmailAddress: user.email,
        Password: '***',
        LoginTypeID: 1,
        Accounts: [{ AccountNumber: user.accountNumber }],
      },
    ]);
    expect((await my360.cloudUser(user.email)).accounts).toEqual([user.accountNumber]);
  });

  test('of a known account that nobody is registered with registers and authenticates', async () => {
    const my360 = await newMy360();
    const user = newUser(await my360.unregistered({ name: 'Umar', email: 'umar@example.com' }));
    const [customer] = (await my360.state()).customers;
    const calls = await my360.calls(async () => {
      const { status, body } = await my360.register(user, { name: 'Not his name' });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        branch: 'known-unregistered',
        outcome: 'registered-and-signed-in',
        customerGuid: customer.customerGuid,
        accounts: [{ accountNumber: user.accountNumber, name: 'Umar', primary: true }],
      });
    });
    expect(calls.map(({ operation }) => operation)).not.toContain('create-customer-record');
    expect(registrations(calls)).toMatchObject([{ body: { LoginTypeID: 1 } }]);
  });

  test('of a registered account authenticates and changes nothing', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const operations = await my360.operations(async () => {
      const { status, body } = await my360.unchanged(() => my360.register(user));
      expect(status).toBe(201);
      expect(body).toMatchObject({
        branch: 'registered',
        outcome: 'signed-in',
        customerGuid: (await my360.state()).customers[0].customerGuid,
        accounts: [{ accountNumber: user.accountNumber }],
      });
    });
    expect(operations).toEqual([
      'remote-authentication',
      'retrieve-customer-guid',
      'retrieve-user-accounts',
      'retrieve-users',
    ]);
  });

  test.each(['unknown', 'known'])('twice of an %s account is no error and changes nothing', async (kind) => {
    const my360 = await newMy360();
    const user = newUser(kind === 'known' ? await my360.unregistered() : undefined);
    expect((await my360.register(user)).status).toBe(201);
    const again = await my360.unchanged(() => my360.register(user));
    expect(again).toMatchObject({ status: 201, body: { branch: 'registered', outcome: 'signed-in' } });
    const otherCase = await my360.unchanged(() => my360.register({ ...user, email: user.email.toUpperCase() }));
    expect(otherCase).toMatchObject({ status: 201, body: { branch: 'registered' } });
  });

  test('twice at once makes one record and one user', async () => {
    const my360 = await newMy360();
    const user = newUser();
    const answers = await Promise.all([my360.register(user), my360.register(user)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const { customers, users } = await my360.state();
    expect(customers).toHaveLength(1);
    expect(users).toMatchObject([{ email: user.email, accounts: [user.accountNumber], passwordChanges: 0 }]);
  });

  test('of one more account adds it to the user, who keeps the CustomerGUID of the primary one', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const [primary] = (await my360.state()).customers;
    for (const [accountNumber, branch] of [
      [newAccount(), 'unknown'],
      [await my360.unregistered(), 'known-unregistered'],
    ] as const) {
      const { status, body } = await my360.register({ ...user, accountNumber });
      expect(status).toBe(201);
      expect(body).toMatchObject({ branch, customerGuid: primary.customerGuid });
      expect(body.accounts.at(-1)).toMatchObject({ accountNumber, primary: false });
    }
    expect((await my360.cloudUser(user.email)).accounts).toHaveLength(3);
  });
});

describe('a registration that fails halfway', () => {
  test('after Create Customer Record says so, and the same request goes on from there', async () => {
    const my360 = await newMy360();
    const user = newUser();
    await my360.story.fault({ operation: 'register-accounts', kind: 'status', status: 503 });
    const failed = await my360.register(user);
    expect(failed.status).toBe(502);
    expect(failed.body).toMatchObject({
      code: 'invoice_cloud_unavailable',
      completed: ['create-customer-record'],
    });
    expect(failed.headers.get('retry-after')).toBe('5');
    expect((await my360.state()).customers).toMatchObject([{ accountNumber: user.accountNumber, registeredTo: null }]);

    const again = await my360.register(user);
    expect(again).toMatchObject({ status: 201, body: { branch: 'known-unregistered' } });
    expect(await timesAsked(my360, 'create-customer-record')).toBe(1);
    expect((await my360.state()).customers).toHaveLength(1);
  });

  test('after Register Accounts says so, and the same request signs in', async () => {
    const my360 = await newMy360();
    const user = newUser();
    // The first authentication is the one that finds nobody registered.
    await my360.story.fault({ operation: 'remote-authentication', kind: 'delay' });
    await my360.story.fault({ operation: 'remote-authentication', kind: 'reset' });
    const failed = await my360.register(user);
    expect(failed.status).toBe(502);
    expect(failed.body.completed).toEqual(['create-customer-record', 'register-accounts']);

    const again = await my360.unchanged(() => my360.register(user));
    expect(again).toMatchObject({ status: 201, body: { branch: 'registered' } });
    expect(await timesAsked(my360, 'register-accounts')).toBe(1);
  });

  test('because the answer of Register Accounts was lost goes on with what was done', async () => {
    const my360 = await newMy360();
    const user = newUser();
    await my360.story.fault({ operation: 'register-accounts', kind: 'answer-lost' });
    const failed = await my360.register(user);
    expect(failed.status).toBe(502);
    expect(failed.body.completed).toEqual(['create-customer-record']);
    const again = await my360.unchanged(() => my360.register(user));
    expect(again).toMatchObject({ status: 201, body: { branch: 'registered' } });
  });

  test('because the answer of Create Customer Record was lost makes no second record', async () => {
    const my360 = await newMy360();
    const user = newUser();
    await my360.story.fault({ operation: 'create-customer-record', kind: 'answer-lost' });
    const failed = await my360.register(user);
    expect(failed.status).toBe(502);
    expect(failed.body).not.toHaveProperty('completed');
    const again = await my360.register(user);
    expect(again).toMatchObject({ status: 201, body: { branch: 'known-unregistered' } });
    expect(await timesAsked(my360, 'create-customer-record')).toBe(1);
    expect((await my360.state()).customers).toHaveLength(1);
  });

  test('of a known account, after Register Accounts, says that alone', async () => {
    const my360 = await newMy360();
    const user = newUser(await my360.unregistered());
    await my360.story.fault({ operation: 'remote-authentication', kind: 'delay' });
    await my360.story.fault({ operation: 'remote-authentication', kind: 'status', status: 500 });
    const failed = await my360.register(user);
    expect(failed.body).toMatchObject({ status: 502, completed: ['register-accounts'] });
    expect((await my360.register(user)).body.branch).toBe('registered');
  });
});
