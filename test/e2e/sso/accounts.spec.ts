import { closeDb } from '../../support/db.js';
import { newAccount, newMy360 } from '../../support/my360.js';

afterAll(closeDb);

async function signedIn() {
  const my360 = await newMy360();
  const user = await my360.user();
  const { id } = await my360.session(user);
  return {
    my360,
    user,
    link: (...accountNumbers: string[]) => my360.ask('POST', `/sessions/${id}/accounts`, { accountNumbers }),
    unregister: (account: string) => my360.ask('DELETE', `/sessions/${id}/accounts/${encodeURIComponent(account)}`),
    accounts: async (): Promise<string[] | undefined> => (await my360.cloudUser(user.email))?.accounts,
  };
}

describe('linking accounts', () => {
  test('answers the accounts and which were linked now', async () => {
    const { my360, user, link, accounts } = await signedIn();
    const [one, two] = [await my360.unregistered({ balance: '1.00' }), await my360.unregistered()];
    const { status, body } = await link(one, two);
    expect(status).toBe(200);
    expect(body).toEqual({
      accounts: [
        { accountNumber: user.accountNumber, name: 'Jane Payer', primary: true, balanceCents: 0 },
        { accountNumber: one, name: 'Jane Payer', primary: false, balanceCents: 100 },
        { accountNumber: two, name: 'Jane Payer', primary: false, balanceCents: 0 },
      ],
      linkedNow: [one, two],
    });
    expect(await accounts()).toEqual([user.accountNumber, one, two]);
  });

  test('twice is no error and changes nothing', async () => {
    const { my360, user, link } = await signedIn();
    const one = await my360.unregistered();
    await link(one);
    const again = await my360.unchanged(() => link(one, user.accountNumber));
    expect(again).toMatchObject({ status: 200, body: { linkedNow: [] } });
    expect(again.body.accounts).toHaveLength(2);
  });

  test('links none where one is unknown', async () => {
    const { my360, link } = await signedIn();
    const [free, unknown] = [await my360.unregistered(), newAccount()];
    const answer = await my360.unchanged(() => link(free, unknown));
    expect(answer).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
    expect(answer.body.detail).toContain(unknown);
  });

  test('links none where one is another user’s', async () => {
    const { my360, link } = await signedIn();
    const free = await my360.unregistered();
    const another = await my360.user();
    const answer = await my360.unchanged(() => link(free, another.accountNumber));
    expect(answer).toMatchObject({ status: 409, body: { code: 'account_registered_to_another_user' } });
    expect(answer.body.detail).toContain(another.accountNumber);
    expect(answer.text).not.toContain(another.email);
  });

  test('links none where one becomes another user’s in between', async () => {
    const { my360, link } = await signedIn();
    const [free, taken] = [await my360.unregistered(), await my360.unregistered()];
    const rival = { ...(await my360.user()), accountNumber: taken };
    // Ours is held up after it has looked, until the rival has registered.
    await my360.story.fault({ operation: 'link-accounts', kind: 'delay', ms: 1_000 });
    const [answer] = await Promise.all([link(free, taken), my360.register(rival)]);
    const { customers } = await my360.state();
    const ownerOf = (account: string) => customers.find((one) => one.accountNumber === account).registeredTo;
    expect(ownerOf(taken)).toBe(rival.email);
    expect(answer).toMatchObject({ status: 409, body: { code: 'account_registered_to_another_user' } });
    expect(ownerOf(free)).toBeNull();
  });

  test('of a user who is no longer registered says so', async () => {
    const { my360, user, link, unregister } = await signedIn();
    const free = await my360.unregistered();
    await unregister(user.accountNumber);
    const answer = await my360.unchanged(() => link(free));
    expect(answer).toMatchObject({ status: 409, body: { code: 'user_not_registered' } });
  });

  test.each([
    ['no accounts', { accountNumbers: [] }],
    ['the same account twice', { accountNumbers: ['1', '1'] }],
    ['an empty account', { accountNumbers: [''] }],
    ['a number', { accountNumbers: [1] }],
    ['a text', { accountNumbers: '1' }],
    ['a control character', { accountNumbers: ['1\u0000'] }],
    ['too many', { accountNumbers: Array.from({ length: 51 }, (_, index) => String(index)) }],
    ['nothing', {}],
  ])('refuses %s', async (_, body) => {
    const my360 = await newMy360();
    const { id } = await my360.session(await my360.user());
    const answer = await my360.unchanged(() => my360.ask('POST', `/sessions/${id}/accounts`, body));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].field).toMatch(/^accountNumbers/);
  });
});

describe('unregistering an account', () => {
  test('that is linked takes it alone', async () => {
    const { my360, user, link, unregister, accounts } = await signedIn();
    const [one, two] = [await my360.unregistered(), await my360.unregistered()];
    await link(one, two);
    expect(await unregister(one)).toMatchObject({ status: 200, body: { unregistered: [one] } });
    expect(await accounts()).toEqual([user.accountNumber, two]);
  });

  test('that is the primary one takes the linked ones with it, and says which went', async () => {
    const { my360, user, link, unregister, accounts } = await signedIn();
    const [one, two] = [await my360.unregistered(), await my360.unregistered()];
    await link(one, two);
    const { status, body } = await unregister(user.accountNumber);
    expect(status).toBe(200);
    expect(body.unregistered.sort()).toEqual([user.accountNumber, one, two].sort());
    expect(await accounts()).toBeUndefined();
    // The customers stay customers.
    expect((await my360.state()).customers.map(({ registeredTo }) => registeredTo)).toEqual([null, null, null]);
  });

  test('that is not the user’s is not found, and changes nothing', async () => {
    const { my360, unregister } = await signedIn();
    const another = await my360.user();
    for (const account of [another.accountNumber, await my360.unregistered(), newAccount(), 'a/b', '..']) {
      const answer = await my360.unchanged(() => unregister(account));
      expect(answer).toMatchObject({ status: 404 });
      if (account !== '..') expect(answer.body.code).toBe('account_not_linked');
    }
  });

  test('twice is not found the second time', async () => {
    const { my360, link, unregister } = await signedIn();
    const one = await my360.unregistered();
    await link(one);
    await unregister(one);
    const again = await my360.unchanged(() => unregister(one));
    expect(again).toMatchObject({ status: 404, body: { code: 'account_not_linked' } });
  });
});
