import { balanceCents } from './accounts.js';
import { Refusal, WireObject } from './fields.js';
import { isPassword } from './passwords.js';
import type { Operation } from './faults.js';
import type { WireOperation } from './wire.js';
import type { Account, User } from './model.js';
import type { Biller } from './biller.js';
import { isPrimary } from './users.js';

/** One of REST v1's calls for My360. The operations are documented; paths, fields and codes are assumed. */
export function post(
  operation: Operation,
  path: string,
  answer: (biller: Biller, body: WireObject) => unknown,
): WireOperation {
  return {
    operation,
    method: 'POST',
    path: `/api/v1/${path}`,
    credentials: 'user',
    answer: (biller, body) => answer(biller, WireObject.of(body)),
  };
}

/**
 * Who holds an account, or which accounts an e-mail has: one row for each account (assumed). With an AccountNumber it
 * alone decides, for the caller wants to know to whom it is registered; the e-mail then filters nothing.
 */
export const retrieveUsers = post('retrieve-users', 'remoteauth/RetrieveUsers', (biller, body) => {
  const [accountNumber, email] = [body.text('AccountNumber')?.trim(), body.text('EmailAddress')?.trim()];
  if (!accountNumber && !email) throw new Refusal('EmailAddress or AccountNumber is required.');
  const found = accountNumber ? [biller.accounts.get(accountNumber)] : accountsOfEmail(biller, email ?? '');
  return { Users: found.filter((account) => account !== undefined).map(userRow) };
});

export const remoteAuthentication = post('remote-authentication', 'remoteauth/RemoteAuthentication', (biller, body) => {
  const user = registered(biller, body);
  checkPassword(user, body.requiredPassword('Password'));
  const accountNumber = body.text('AccountNumber')?.trim();
  if (accountNumber && !user.accounts.some((account) => account.customer.accountNumber === accountNumber)) {
    throw new Refusal('The user is not registered with this account.', 'NotRegistered');
  }
  const { tokenLifeSeconds } = biller.settings;
  return {
    RemoteAuthenticationToken: biller.users.issueToken(user, tokenLifeSeconds),
    ExpiresInSeconds: tokenLifeSeconds,
  };
});

export const retrieveUserAccounts = post(
  'retrieve-user-accounts',
  'remoteauth/RetrieveUserAccounts',
  (biller, body) => ({
    Accounts: (biller.users.find(body.requiredText('EmailAddress'))?.accounts ?? []).map((account) => ({
      AccountNumber: account.customer.accountNumber,
      Name: account.customer.name ?? null,
      Primary: isPrimary(account),
      Balance: balanceCents(account) / 100,
    })),
  }),
);

/** The current password, or the word that My360's user approved by mail: `Approved` is ours, and assumed. */
export const updatePassword = post('update-password', 'remoteauth/UpdatePassword', (biller, body) => {
  const user = registered(biller, body);
  const next = body.requiredPassword('NewPassword');
  checkPasswordOrApproval(user, body);
  biller.users.changePassword(user, next);
  return { Updated: true };
});

/** As UpdatePassword. */
export const updateEmailAddress = post('update-email-address', 'remoteauth/UpdateEmailAddress', (biller, body) => {
  const user = registered(biller, body);
  const next = body.requiredEmail('NewEmailAddress');
  checkPasswordOrApproval(user, body);
  const holder = biller.users.find(next);
  if (holder && holder !== user) throw new Refusal('Another user has this email address.', 'EmailAddressTaken');
  biller.users.changeEmail(user, next);
  return { Updated: true };
});

export function registered(biller: Biller, body: WireObject): User {
  const user = biller.users.find(body.requiredText('EmailAddress'));
  if (!user) throw new Refusal('No user is registered with this email address.', 'NotRegistered');
  return user;
}

/** A locked user is told so whatever the password, which locking made worthless. */
export function checkPassword(user: User, password: string): void {
  if (user.locked) throw new Refusal('The user is locked.', 'UserLocked');
  if (!isPassword(user.password, password)) {
    throw new Refusal('The email address and the password do not go together.', 'InvalidCredentials');
  }
}

function checkPasswordOrApproval(user: User, body: WireObject): void {
  const approved = body.flag('Approved', false);
  if (user.locked) throw new Refusal('The user is locked.', 'UserLocked');
  // An approval replaces a password that My360 does not know; it does not excuse a wrong one.
  const password = approved ? body.password('Password') : body.requiredPassword('Password');
  if (password !== undefined) checkPassword(user, password);
}

function accountsOfEmail(biller: Biller, email: string): readonly Account[] {
  const user = biller.users.find(email);
  const unregistered = [...biller.accounts.values()].filter(
    ({ owner, customer }) => !owner && customer.emailAddress?.toLowerCase() === email.toLowerCase(),
  );
  return [...(user?.accounts ?? []), ...unregistered];
}

function userRow({ customer, owner }: Account) {
  return {
    AccountNumber: customer.accountNumber,
    EmailAddress: owner?.email ?? customer.emailAddress ?? null,
    Username: owner?.username ?? null,
    Registered: owner !== undefined,
    Locked: owner?.locked ?? false,
  };
}
