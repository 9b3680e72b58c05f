import { closeDb } from '../../support/db.js';
import { newAccount, newEmail, newMy360 } from '../../support/my360.js';

afterAll(closeDb);

const READING = ['remote-authentication', 'retrieve-user-accounts', 'retrieve-users'];

describe('sign-in', () => {
  test('of a registered user answers session, CustomerGUID, accounts, token and its expiry, and changes nothing', async () => {
    const my360 = await newMy360();
    const user = await my360.user({ balance: '42.50' });
    const [customer] = (await my360.state()).customers;
    const before = Date.now();
    const { status, body } = await my360.unchanged(() => my360.signIn(user));
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      outcome: 'signed-in',
      customerGuid: customer.customerGuid,
      accounts: [{ accountNumber: user.accountNumber, name: 'Jane Payer', primary: true, balanceCents: 4250 }],
      remoteAuthenticationToken: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.any(String),
      sync: null,
    });
    const life = Date.parse(body.expiresAt) - before;
    expect(life).toBeGreaterThanOrEqual(1_200_000);
    expect(life).toBeLessThan(1_260_000);
  });

  test('asks Invoice Cloud for users, token, accounts and CustomerGUID, each once, and for nothing else', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    expect(await my360.operations(() => my360.signIn(user))).toEqual(
      ['retrieve-customer-guid', ...READING].sort(), // prettier-ignore
    );
  });

  test('of a user with three accounts answers all of them, and the CustomerGUID of the primary one', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const linked = [
      await my360.unregistered({ linkedTo: user.email }),
      await my360.unregistered({ linkedTo: user.email }),
    ];
    const [primary] = (await my360.state()).customers;
    const { body } = await my360.signIn(user);
    expect(body.customerGuid).toBe(primary.customerGuid);
    expect(body.accounts).toMatchObject([
      { accountNumber: user.accountNumber, primary: true },
      { accountNumber: linked[0], primary: false },
      { accountNumber: linked[1], primary: false },
    ]);
  });

  test('answers a token that Invoice Cloud takes', async () => {
    const my360 = await newMy360();
    const { body } = await my360.signIn(await my360.user());
    const opened = await my360.openPage(body.id, { page: 'recent-bills' });
    const { action, fields } = opened.body.handOff;
    expect(fields.RemoteAuthenticationToken).toBe(body.remoteAuthenticationToken);
    const answer = await fetch(action, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    expect(answer.status).toBe(303);
  });
});

describe('sign-in of a user who is not registered', () => {
  test('registers with the accounts sent, then authenticates', async () => {
    const my360 = await newMy360();
    const accounts = [await my360.unregistered(), await my360.unregistered()];
    const user = { email: newEmail(), password: 'a new password' };
    const calls = await my360.calls(async () => {
      const { status, body } = await my360.signIn(user, accounts);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        outcome: 'registered-and-signed-in',
        accounts: [
          { accountNumber: accounts[0], primary: true },
          { accountNumber: accounts[1], primary: false },
        ],
        sync: { linked: [], linkedNow: accounts, unknownToMy360: [], unknownToInvoiceCloud: [] },
      });
      expect(body.customerGuid).toBe((await my360.state()).customers[0].customerGuid);
    });
    const asked = calls.find(({ operation }) => operation === 'register-accounts');
    expect(asked.body).toEqual({
      EmailAddress: user.email,
      Password: '***',
      LoginTypeID: 1,
      Accounts: accounts.map((AccountNumber) => ({ AccountNumber })),
    });
    const order = calls.map(({ operation }) => operation);
    expect(order.indexOf('register-accounts')).toBeLessThan(order.lastIndexOf('remote-authentication'));
    expect((await my360.cloudUser(user.email)).accounts).toEqual(accounts);
    expect((await my360.signIn(user)).body.outcome).toBe('signed-in');
  });

  test('registers with the accounts that Invoice Cloud has under the address, where none are sent', async () => {
    const my360 = await newMy360();
    const user = { email: newEmail(), password: 'a new password' };
    const accounts = [
      await my360.unregistered({ email: user.email }),
      await my360.unregistered({ email: user.email.toUpperCase() }),
    ];
    await my360.unregistered({ email: newEmail() });
    const { status, body } = await my360.signIn(user);
    expect(status).toBe(201);
    expect(body).toMatchObject({ outcome: 'registered-and-signed-in', sync: null });
    expect((await my360.cloudUser(user.email)).accounts).toEqual(accounts);
  });

  test('says that there is nothing to register, where no account is known', async () => {
    const my360 = await newMy360();
    await my360.unregistered({ email: newEmail() });
    const { status, body } = await my360.unchanged(() => my360.signIn({ email: newEmail(), password: 'x' }));
    expect(status).toBe(409);
    expect(body.code).toBe('user_not_registered');
    expect(body.detail).toContain('/sso/registrations');
  });

  test('registers with the accounts that are free, and says of the others why not', async () => {
    const my360 = await newMy360();
    const user = { email: newEmail(), password: 'a new password' };
    const another = await my360.user();
    const [free, unknown] = [await my360.unregistered(), newAccount()];
    const { status, body } = await my360.signIn(user, [unknown, another.accountNumber, free]);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      outcome: 'registered-and-signed-in',
      sync: {
        linked: [],
        linkedNow: [free],
        unknownToInvoiceCloud: [unknown],
        registeredToAnotherUser: [another.accountNumber],
        unknownToMy360: [],
      },
    });
    expect((await my360.cloudUser(user.email)).accounts).toEqual([free]);
    expect((await my360.cloudUser(another.email)).accounts).toEqual([another.accountNumber]);
  });

  test('that fails after Register Accounts goes on from there when it is sent again', async () => {
    const my360 = await newMy360();
    const user = { email: newEmail(), password: 'a new password' };
    const account = await my360.unregistered();
    // The first authentication is the one that finds nobody registered.
    await my360.story.fault({ operation: 'remote-authentication', kind: 'delay' });
    await my360.story.fault({ operation: 'remote-authentication', kind: 'reset' });
    const failed = await my360.signIn(user, [account]);
    expect(failed).toMatchObject({ status: 502, body: { completed: ['register-accounts'] } });
    const again = await my360.unchanged(() => my360.signIn(user, [account]));
    expect(again).toMatchObject({ status: 201, body: { outcome: 'signed-in', sync: { linked: [account] } } });
  });

  test('twice signs in the second time and changes nothing', async () => {
    const my360 = await newMy360();
    const user = { email: newEmail(), password: 'a new password' };
    const account = await my360.unregistered();
    await my360.signIn(user, [account]);
    const again = await my360.unchanged(() => my360.signIn(user, [account]));
    expect(again).toMatchObject({ status: 201, body: { outcome: 'signed-in', sync: { linked: [account] } } });
  });
});

describe('the sync of accounts', () => {
  test('says which are linked, which it linked now, which either side does not know, which are another user’s', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const another = await my360.user();
    const notSent = await my360.unregistered({ linkedTo: user.email });
    const free = await my360.unregistered();
    const unknown = newAccount();
    const sent = [user.accountNumber, free, unknown, another.accountNumber];
    const { status, body } = await my360.signIn(user, sent);
    expect(status).toBe(201);
    expect(body.sync).toEqual({
      linked: [user.accountNumber],
      linkedNow: [free],
      unknownToInvoiceCloud: [unknown],
      unknownToMy360: [notSent],
      registeredToAnotherUser: [another.accountNumber],
    });
    expect(body.accounts.map((account: { accountNumber: string }) => account.accountNumber)).toEqual([
      user.accountNumber,
      notSent,
      free,
    ]);
    expect((await my360.cloudUser(user.email)).accounts).toEqual([user.accountNumber, notSent, free]);
    expect((await my360.cloudUser(another.email)).accounts).toEqual([another.accountNumber]);

    const again = await my360.unchanged(() => my360.signIn(user, sent));
    expect(again.body.sync).toMatchObject({ linked: [user.accountNumber, free], linkedNow: [] });
  });

  test('asks for no link where nothing is missing', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const operations = await my360.operations(async () => {
      const { body } = await my360.signIn(user, [user.accountNumber]);
      expect(body.sync).toEqual({
        linked: [user.accountNumber],
        linkedNow: [],
        unknownToInvoiceCloud: [],
        unknownToMy360: [],
        registeredToAnotherUser: [],
      });
    });
    expect(operations).not.toContain('link-accounts');
  });
});
