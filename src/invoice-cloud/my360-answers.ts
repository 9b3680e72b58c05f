import { centsOf } from '../common/money.js';
import { read, textOf } from './answers.js';
import { InvoiceCloudAnswerUnreadable } from './errors.js';

// The design names these services; the members of their answers are assumed, and read without regard to case.

/** A customer of the biller, registered to a user or not. */
export interface RegisteredUser {
  readonly accountNumber: string;
  /** Of the user; of the customer record where nobody is registered. */
  readonly email: string | undefined;
  readonly registered: boolean;
}

export interface AuthenticationToken {
  /** The RemoteAuthenticationToken: a bearer value. */
  readonly token: string;
  /** Undefined when Invoice Cloud does not say (whether it does is unknown). */
  readonly lifeSeconds: number | undefined;
}

export interface Account {
  readonly accountNumber: string;
  readonly name: string | null;
  /** The one that the registration stands and falls with. */
  readonly primary: boolean;
  /** Null when it was not told or can't be read. */
  readonly balanceCents: number | null;
}

export interface LinkResult {
  readonly linked: readonly string[];
  readonly unknown: readonly string[];
}

export const readUsers = (answer: unknown): RegisteredUser[] =>
  listIn(answer, 'Users', 'retrieveUsers').map((user) => ({
    accountNumber: required(read(user, 'AccountNumber'), 'retrieveUsers'),
    email: textOf(read(user, 'EmailAddress')),
    registered: read(user, 'Registered') === true,
  }));

export function readToken(answer: unknown): AuthenticationToken {
  const life = read(answer, 'ExpiresInSeconds');
  return {
    token: required(read(answer, 'RemoteAuthenticationToken'), 'remoteAuthentication'),
    lifeSeconds: typeof life === 'number' && life >= 0 ? life : undefined,
  };
}

export const readCustomerGuid = (answer: unknown): string =>
  required(read(answer, 'CustomerGuid'), 'retrieveCustomerGuid');

export const readAccounts = (answer: unknown): Account[] =>
  listIn(answer, 'Accounts', 'retrieveUserAccounts').map((account) => ({
    accountNumber: required(read(account, 'AccountNumber'), 'retrieveUserAccounts'),
    name: textOf(read(account, 'Name')) ?? null,
    primary: read(account, 'Primary') === true,
    balanceCents: centsOf(read(account, 'Balance')) ?? null,
  }));

export const readLinked = (answer: unknown): LinkResult => ({
  linked: textsIn(answer, 'Linked', 'linkAccounts'),
  unknown: textsIn(answer, 'Unknown', 'linkAccounts'),
});

export const readUnregistered = (answer: unknown): string[] => textsIn(answer, 'Unregistered', 'unregisterAccounts');

function listIn(answer: unknown, name: string, operation: string): unknown[] {
  const list = read(answer, name);
  if (!Array.isArray(list)) throw unreadable(operation);
  return list as unknown[];
}

const textsIn = (answer: unknown, name: string, operation: string): string[] =>
  listIn(answer, name, operation).map((text) => required(text, operation));

function required(value: unknown, operation: string): string {
  const text = textOf(value);
  if (text === undefined) throw unreadable(operation);
  return text;
}

const unreadable = (operation: string): InvoiceCloudAnswerUnreadable =>
  new InvoiceCloudAnswerUnreadable(`Invoice Cloud answered ${operation} without the members that it should have.`);
