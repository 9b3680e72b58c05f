import { Refusal, type WireObject } from './fields.js';
import { checkPassword, post, registered } from './remote-authentication.js';
import type { Account, User } from './model.js';
import type { Biller } from './biller.js';
import { isPrimary } from './users.js';

/** All accounts or none. Registering twice changes nothing. LoginTypeID is always 1 (documented). */
export const registerAccounts = post('register-accounts', 'remoteauth/RegisterAccounts', (biller, body) => {
  const email = body.requiredEmail('EmailAddress');
  const password = body.requiredPassword('Password');
  if (body.requiredText('LoginTypeID') !== '1') throw new Refusal('LoginTypeID must be 1.', 'InvalidLoginType');
  const wanted = accountNumbers(body);
  const user = biller.users.find(email);
  // Before the accounts, so that whoever has no password learns nothing of them.
  if (user) checkPassword(user, password);
  const accounts = wanted.map((accountNumber) => known(biller, accountNumber));
  for (const account of accounts) refuseAnothers(account, user);

  const fresh = accounts.filter(({ owner }) => !owner);
  const already = accounts.filter(({ owner }) => owner);
  if (user) for (const account of fresh) biller.users.link(user, account);
  else biller.users.register(email, password, fresh);
  return { Registered: fresh.map(numberOf), AlreadyRegistered: already.map(numberOf) };
});

/** Links what it knows and names what it does not; all or nothing where an account is another user's. */
export const linkAccounts = post('link-accounts', 'remoteauth/LinkAccounts', (biller, body) => {
  const user = registered(biller, body);
  const wanted = accountNumbers(body);
  const accounts = wanted.map((number) => biller.accounts.get(number)).filter((account) => account !== undefined);
  for (const account of accounts) refuseAnothers(account, user);

  const fresh = accounts.filter(({ owner }) => !owner);
  const already = accounts.filter(({ owner }) => owner);
  for (const account of fresh) biller.users.link(user, account);
  return {
    Linked: fresh.map(numberOf),
    AlreadyLinked: already.map(numberOf),
    Unknown: wanted.filter((number) => !biller.accounts.has(number)),
  };
});

/**
 * There is no unlink; unregistering removes the linked accounts too (documented): all of them with the primary account,
 * a linked account alone by itself (assumed). The customer records stay.
 */
export const unregisterAccounts = post('unregister-accounts', 'remoteauth/UnregisterAccounts', (biller, body) => {
  const user = biller.users.find(body.requiredText('EmailAddress'));
  const wanted = accountNumbers(body);
  const mine = user?.accounts.filter((account) => wanted.includes(numberOf(account))) ?? [];
  // With the primary account all go, and a linked one must not go twice.
  const going = mine.some(isPrimary) ? mine.filter(isPrimary) : mine;
  const gone = user ? going.flatMap((account) => biller.users.unregister(user, account)) : [];
  return { Unregistered: gone.map(numberOf) };
});

/** Each number once. */
function accountNumbers(body: WireObject): readonly string[] {
  const numbers = (body.list('Accounts') ?? []).map((account) => account.requiredText('AccountNumber'));
  if (numbers.length === 0) throw new Refusal('Accounts is required.');
  return [...new Set(numbers)];
}

function known(biller: Biller, accountNumber: string): Account {
  const account = biller.accounts.get(accountNumber);
  if (!account) throw new Refusal('The account is unknown.', 'AccountNotFound', { AccountNumber: accountNumber });
  return account;
}

function refuseAnothers(account: Account, user: User | undefined): void {
  if (account.owner && account.owner !== user) {
    throw new Refusal('The account is registered to another user.', 'AccountRegisteredToAnotherUser', {
      AccountNumber: numberOf(account),
    });
  }
}

function numberOf(account: Account): string {
  return account.customer.accountNumber;
}
