import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { PlatformError } from '../common/platform-error.js';
import { type BillerCredentials, InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { AccountTaken } from './errors.js';
import { LoginAttempts } from './login-attempts.js';
import { explained } from './refusals.js';
import { SignInService } from './sign-in.js';
import type { Registration } from './sso.dto.js';
import type { RegistrationView } from './sso.view.js';

/**
 * User registration (story 2), in its three branches. Round trips in a row: one where the user is registered already
 * (and one for what is left), three where the account is known, four where it is not.
 *
 * Stopped halfway, the same request goes on from there: the account is known then, so that the branch with less to do is
 * taken. The error says what was done.
 */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly attempts: LoginAttempts,
    private readonly signIn: SignInService,
  ) {}

  async register(biller: Biller, wanted: Registration): Promise<RegistrationView> {
    const as = await this.billers.credentialsOf(biller);
    const completed: string[] = [];
    try {
      return await this.attempts.guard(biller, wanted.email, () => this.run(biller, as, wanted, completed));
    } catch (error) {
      const failure = explained(error);
      if (failure instanceof PlatformError && completed.length > 0) failure.completed = completed;
      throw failure;
    }
  }

  private async run(
    biller: Biller,
    as: BillerCredentials,
    wanted: Registration,
    completed: string[],
  ): Promise<RegistrationView> {
    const { email, accountNumber } = wanted;
    const login = { EmailAddress: email, Password: wanted.password };
    // Whether the account exists, and the sign-in that succeeds if it is this user's already, at once.
    const [users, accounts, authentication] = await Promise.all([
      this.invoiceCloud.retrieveUsers(as, { AccountNumber: accountNumber }),
      this.invoiceCloud.retrieveUserAccounts(as, email),
      this.signIn.unlessUnregistered(this.invoiceCloud.remoteAuthentication(as, login)),
    ]);
    const customer = users.find((user) => user.accountNumber === accountNumber);
    if (customer?.registered && customer.email?.toLowerCase() !== email.toLowerCase()) {
      throw new AccountTaken(`Account ${accountNumber} is registered to another e-mail address; nothing was changed.`);
    }
    const known = [accountNumber];
    if (customer?.registered && authentication) {
      const user = { authentication, accounts };
      return { branch: 'registered', ...(await this.signIn.begin(biller, as, email, user, 'signed-in', known)) };
    }

    let customerGuid: string | undefined;
    if (!customer) {
      customerGuid = await this.invoiceCloud.createCustomerRecord(as, recordOf(wanted));
      completed.push('create-customer-record');
    }
    await this.invoiceCloud.registerAccounts(as, login, known);
    completed.push('register-accounts');
    const user = await this.signIn.authenticate(as, login);
    const session = await this.signIn.begin(
      biller,
      as,
      email,
      user,
      'registered-and-signed-in',
      known,
      // A user who had accounts before keeps the CustomerGUID of the primary one.
      user.accounts.length === 1 ? customerGuid : undefined,
    );
    return { branch: customer ? 'known-unregistered' : 'unknown', ...session };
  }
}

function recordOf({ accountNumber, email, customer = {} }: Registration): Record<string, string | undefined> {
  return {
    AccountNumber: accountNumber,
    EmailAddress: email,
    Name: customer.name,
    Address: customer.address,
    City: customer.city,
    State: customer.state,
    Zip: customer.zip,
    Phone: customer.phone,
  };
}
