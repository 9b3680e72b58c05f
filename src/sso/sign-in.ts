import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { type BillerCredentials, InvoiceCloudClient, type Login } from '../invoice-cloud/invoice-cloud.client.js';
import type { Account, AuthenticationToken } from '../invoice-cloud/my360-answers.js';
import { Accounts, NO_ACCOUNTS, type Standing } from './accounts.js';
import { AccountNotFound, AccountTaken } from './errors.js';
import { LoginAttempts } from './login-attempts.js';
import { explained, isRefusal, withCompleted } from './refusals.js';
import { SessionsService } from './sessions.service.js';
import type { SignIn } from './sso.dto.js';
import { accountView, type SessionView, type SyncView } from './sso.view.js';

/** A user whom Invoice Cloud has let in, and what was found out on the way. */
export interface Entry {
  readonly authentication: AuthenticationToken;
  readonly accounts: readonly Account[];
  readonly outcome: SessionView['outcome'];
  /** Where it is known already. */
  readonly customerGuid?: string | undefined;
  /** Undefined when My360 sent no account numbers. */
  readonly standing?: Standing | undefined;
  /** Registered on the way in. */
  readonly registered: readonly string[];
}

/**
 * User access (story 1). Calls that do not depend on each other go side by side: users, token, accounts, and what is to be
 * known of the accounts sent, in the first round trip; CustomerGUID and missing accounts in the second.
 */
@Injectable()
export class SignInService {
  constructor(
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly attempts: LoginAttempts,
    private readonly accounts: Accounts,
    private readonly sessions: SessionsService,
  ) {}

  async signIn(biller: Biller, { email, password, accountNumbers }: SignIn): Promise<SessionView> {
    const as = await this.billers.credentialsOf(biller);
    const login = { EmailAddress: email, Password: password };
    const completed: string[] = [];
    try {
      return await this.attempts.guard(biller, email, async () => {
        const rest = Promise.all([
          this.invoiceCloud.retrieveUsers(as, { EmailAddress: email }),
          this.invoiceCloud.retrieveUserAccounts(as, email),
          accountNumbers && this.accounts.standing(as, email, accountNumbers),
        ]);
        const authentication = await this.authenticateBeside(as, login, rest);
        const [users, accounts, standing] = await rest;
        if (authentication) {
          const entry = { authentication, accounts, standing, outcome: 'signed-in', registered: [] } as const;
          return this.begin(biller, as, email, entry);
        }
        if (standing?.free.length === 0) refuseAccounts(standing);
        // The design: where sign-in fails because the user is not registered, register and authenticate.
        const known = standing?.free ?? users.filter((user) => !user.registered).map((user) => user.accountNumber);
        const entry = await this.register(as, login, known, completed);
        return this.begin(biller, as, email, { ...entry, standing });
      });
    } catch (error) {
      throw withCompleted(explained(error), completed);
    }
  }

  /**
   * Registers accounts and signs in: two round trips, with the CustomerGUID in the second.
   * @param known accounts that nobody has; with none, Invoice Cloud's own refusal of the sign-in says best why
   * @param completed added to, for the caller to say how far it got
   */
  async register(as: BillerCredentials, login: Login, known: readonly string[], completed: string[]): Promise<Entry> {
    const [first] = known;
    if (first !== undefined) {
      await this.invoiceCloud.registerAccounts(as, login, known);
      completed.push('register-accounts');
    }
    const [authentication, accounts, customerGuid] = await Promise.all([
      this.invoiceCloud.remoteAuthentication(as, login),
      this.invoiceCloud.retrieveUserAccounts(as, login.EmailAddress),
      first === undefined ? undefined : this.guidOf(as, login.EmailAddress, first),
    ]);
    // The first account registered is the primary one, unless the user had some before.
    const isPrimary = accounts.some((account) => account.accountNumber === first && account.primary);
    return {
      authentication,
      accounts,
      outcome: 'registered-and-signed-in',
      customerGuid: isPrimary ? customerGuid : undefined,
      registered: known,
    };
  }

  /** Records the session of a user who is let in. At most one round trip more, with all that is left to ask. */
  async begin(biller: Biller, as: BillerCredentials, email: string, entry: Entry): Promise<SessionView> {
    const { accounts, authentication, standing, registered } = entry;
    const has = accounts.map((account) => account.accountNumber);
    const missing = (standing ?? NO_ACCOUNTS).free.filter((account) => !has.includes(account));
    const primary = accounts.find((account) => account.primary) ?? accounts[0];
    const [customerGuid, linked] = await Promise.all([
      entry.customerGuid ?? (primary && this.guidOf(as, email, primary.accountNumber)) ?? null,
      missing.length > 0 ? this.invoiceCloud.linkAccounts(as, email, missing) : { linked: [], unknown: [] },
    ]);
    const session = await this.sessions.start(biller, email, authentication, customerGuid);
    return {
      id: session.id,
      outcome: entry.outcome,
      customerGuid,
      accounts: [...accounts.map(accountView), ...linked.linked.map(linkedJustNow)],
      remoteAuthenticationToken: authentication.token,
      expiresAt: session.expiresAt.toISOString(),
      sync: standing ? syncOf(standing, has, [...registered, ...linked.linked]) : null,
    };
  }

  /**
   * Tries the password while other questions are out. Its answer is waited for whatever becomes of them: a wrong password
   * counts also when something else failed first.
   * @returns undefined when the user is not registered; every other failure is thrown
   */
  async authenticateBeside(
    as: BillerCredentials,
    login: Login,
    others: Promise<unknown>,
  ): Promise<AuthenticationToken | undefined> {
    // Their failure is thrown where they are awaited, after this.
    others.catch(() => undefined);
    try {
      return await this.invoiceCloud.remoteAuthentication(as, login);
    } catch (error) {
      if (isRefusal(error, 'NotRegistered')) return undefined;
      throw error;
    }
  }

  private guidOf(as: BillerCredentials, email: string, AccountNumber: string): Promise<string> {
    return this.invoiceCloud.retrieveCustomerGuid(as, { AccountNumber, EmailAddress: email, Username: email });
  }
}

/** @throws AccountNotFound, AccountTaken: there is no account to register the user with, and this is why */
function refuseAccounts({ unknown, registeredToAnotherUser }: Standing): void {
  if (registeredToAnotherUser.length > 0) {
    throw new AccountTaken(`Registered to another user: ${registeredToAnotherUser.join(', ')}. Nothing was changed.`);
  }
  if (unknown.length > 0) {
    throw new AccountNotFound(`Invoice Cloud does not know ${unknown.join(', ')}; nothing was changed.`);
  }
}

const linkedJustNow = (accountNumber: string) => ({ accountNumber, name: null, primary: false, balanceCents: null });

function syncOf(standing: Standing, has: readonly string[], linkedNow: readonly string[]): SyncView {
  const known = [...standing.own, ...standing.free, ...standing.registeredToAnotherUser];
  return {
    linked: [...standing.own, ...standing.free].filter(
      (account) => !linkedNow.includes(account) && has.includes(account),
    ),
    linkedNow: linkedNow.filter((account) => known.includes(account)),
    unknownToInvoiceCloud: [...standing.unknown],
    registeredToAnotherUser: [...standing.registeredToAnotherUser],
    unknownToMy360: has.filter((account) => !known.includes(account)),
  };
}
