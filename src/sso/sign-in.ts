import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { type BillerCredentials, InvoiceCloudClient, type Login } from '../invoice-cloud/invoice-cloud.client.js';
import type { Account, AuthenticationToken } from '../invoice-cloud/my360-answers.js';
import { Accounts, type LinkOutcome } from './accounts.js';
import { LoginAttempts } from './login-attempts.js';
import { explained, isRefusal } from './refusals.js';
import { SessionsService } from './sessions.service.js';
import type { SignIn } from './sso.dto.js';
import { accountView, type SessionView, type SyncView } from './sso.view.js';

const NOTHING_LINKED: LinkOutcome = { linked: [], unknown: [], registeredToAnotherUser: [] };

/** What is known of a user whom Invoice Cloud has let in. */
interface Authenticated {
  readonly authentication: AuthenticationToken;
  readonly accounts: readonly Account[];
}

/**
 * User access (story 1). Calls that do not depend on each other go side by side: users, token and accounts in the first
 * round trip; CustomerGUID and missing accounts in the second.
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
    try {
      return await this.attempts.guard(biller, email, async () => {
        const [users, accounts, authentication] = await Promise.all([
          this.invoiceCloud.retrieveUsers(as, { EmailAddress: email }),
          this.invoiceCloud.retrieveUserAccounts(as, email),
          this.unlessUnregistered(this.invoiceCloud.remoteAuthentication(as, login)),
        ]);
        if (authentication) {
          return this.begin(biller, as, email, { authentication, accounts }, 'signed-in', accountNumbers);
        }
        // The design: where sign-in fails because the user is not registered, register and authenticate.
        const known = accountNumbers ?? users.filter((user) => !user.registered).map((user) => user.accountNumber);
        const authenticated = await this.register(as, login, known);
        return this.begin(biller, as, email, authenticated, 'registered-and-signed-in', accountNumbers);
      });
    } catch (error) {
      throw explained(error);
    }
  }

  /** Records the session of a user who is let in. One round trip, with all that is left to ask. */
  async begin(
    biller: Biller,
    as: BillerCredentials,
    email: string,
    { authentication, accounts }: Authenticated,
    outcome: SessionView['outcome'],
    knownToMy360: readonly string[] | undefined,
    customerGuid?: string,
  ): Promise<SessionView> {
    const has = new Set(accounts.map((account) => account.accountNumber));
    const missing = (knownToMy360 ?? []).filter((account) => !has.has(account));
    const primary = accounts.find((account) => account.primary) ?? accounts[0];
    const [guid, linked] = await Promise.all([
      customerGuid ?? (primary && this.guidOf(as, email, primary.accountNumber)) ?? null,
      missing.length > 0 ? this.accounts.linkAll(as, email, missing) : NOTHING_LINKED,
    ]);
    const session = await this.sessions.start(biller, email, authentication, guid);
    return {
      id: session.id,
      outcome,
      customerGuid: guid,
      accounts: [...accounts.map(accountView), ...linked.linked.map(linkedJustNow)],
      remoteAuthenticationToken: authentication.token,
      expiresAt: session.expiresAt.toISOString(),
      sync: syncOf(has, linked, knownToMy360),
    };
  }

  /** The second and third round trip of a user who is not registered. */
  private async register(as: BillerCredentials, login: Login, accounts: readonly string[]): Promise<Authenticated> {
    // Without an account there is nothing to register; Invoice Cloud's own answer to the sign-in says so best.
    if (accounts.length > 0) await this.invoiceCloud.registerAccounts(as, login, accounts);
    return this.authenticate(as, login);
  }

  /** Token and accounts of a registered user, side by side. */
  async authenticate(as: BillerCredentials, login: Login): Promise<Authenticated> {
    const [authentication, accounts] = await Promise.all([
      this.invoiceCloud.remoteAuthentication(as, login),
      this.invoiceCloud.retrieveUserAccounts(as, login.EmailAddress),
    ]);
    return { authentication, accounts };
  }

  /** @returns undefined when the user is not registered; every other failure is thrown */
  unlessUnregistered(asked: Promise<AuthenticationToken>): Promise<AuthenticationToken | undefined> {
    return asked.catch((error: unknown) => {
      if (isRefusal(error, 'NotRegistered')) return undefined;
      throw error;
    });
  }

  private guidOf(as: BillerCredentials, email: string, AccountNumber: string): Promise<string> {
    return this.invoiceCloud.retrieveCustomerGuid(as, { AccountNumber, EmailAddress: email, Username: email });
  }
}

const linkedJustNow = (accountNumber: string) => ({ accountNumber, name: null, primary: false, balanceCents: null });

function syncOf(has: ReadonlySet<string>, outcome: LinkOutcome, known: readonly string[] | undefined): SyncView | null {
  if (!known) return null;
  return {
    linked: known.filter((account) => has.has(account)),
    linkedNow: [...outcome.linked],
    unknownToInvoiceCloud: [...outcome.unknown],
    registeredToAnotherUser: [...outcome.registeredToAnotherUser],
    unknownToMy360: [...has].filter((account) => !known.includes(account)),
  };
}
