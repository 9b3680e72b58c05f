import { PlatformError } from '../common/platform-error.js';
import { InvoiceCloudRejected } from '../invoice-cloud/errors.js';
import {
  AccountNotFound,
  AccountTaken,
  CredentialsWrong,
  EmailAddressTaken,
  UserLocked,
  UserNotRegistered,
} from './errors.js';

/** Why Invoice Cloud refuses a My360 service, by the code in its answer (assumed). */
const REFUSALS: ReadonlyMap<string, (account: string) => PlatformError> = new Map<
  string,
  (account: string) => PlatformError
>(
  Object.entries({
    InvalidCredentials: () => new CredentialsWrong('Ask the user for the password again.'),
    NotRegistered: () =>
      new UserNotRegistered(
        'Register the user first: POST /v1/billers/{billerId}/sso/registrations, with an account number.',
      ),
    UserLocked: () => new UserLocked('The biller or Invoice Cloud unlocks the user; signing in again does not.'),
    AccountNotFound: (account) => new AccountNotFound(`Check the account number${account}.`),
    CustomerNotFound: (account) => new AccountNotFound(`Check the account number${account}.`),
    AccountRegisteredToAnotherUser: (account) =>
      new AccountTaken(`Account${account} belongs to another e-mail address at Invoice Cloud; sign in with that one.`),
    EmailAddressTaken: () => new EmailAddressTaken('Choose another e-mail address; nothing was changed.'),
  }),
);

/** What to throw for a failure of Invoice Cloud: the story's own error where it has one, otherwise the failure. */
export function explained(error: unknown): unknown {
  if (!(error instanceof InvoiceCloudRejected)) return error;
  const { reason, accountNumber } = error.facts;
  const explain = reason === undefined ? undefined : REFUSALS.get(reason);
  return explain ? explain(accountNumber ? ` ${accountNumber}` : '') : error;
}

export const isRefusal = (error: unknown, reason: string): error is InvoiceCloudRejected =>
  error instanceof InvoiceCloudRejected && error.facts.reason === reason;

/** Says in a failure what was done before it. */
export function withCompleted(failure: unknown, completed: readonly string[]): unknown {
  if (failure instanceof PlatformError && completed.length > 0) failure.completed = completed;
  return failure;
}
