import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { type BillerCredentials, InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { NO_ACCOUNTS } from './accounts.js';
import { AccountTaken } from './errors.js';
import { LoginAttempts } from './login-attempts.js';
import { explained, withCompleted } from './refusals.js';
import { SignInService } from './sign-in.js';
import type { Registration } from './sso.dto.js';
import type { RegistrationView } from './sso.view.js';

/**
 * User registration (story 2), in its three branches. Round trips in a row: two where the user is registered already,
 * three where the account is known, four where it is not.
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
      throw withCompleted(explained(error), completed);
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
    const rest = Promise.all([
      this.invoiceCloud.retrieveUsers(as, { AccountNumber: accountNumber }),
      this.invoiceCloud.retrieveUserAccounts(as, email),
    ]);
    const authentication = await this.signIn.authenticateBeside(as, login, rest);
    const [users, accounts] = await rest;
    const customer = users.find((user) => user.accountNumber === accountNumber);
    if (customer?.registered && customer.email?.toLowerCase() !== email.toLowerCase()) {
      throw new AccountTaken(`Account ${accountNumber} is registered to another e-mail address; nothing was changed.`);
    }
    if (customer?.registered && authentication) {
      const standing = { ...NO_ACCOUNTS, own: [accountNumber] };
      const entry = { authentication, accounts, standing, outcome: 'signed-in', registered: [] } as const;
      return { branch: 'registered', ...(await this.signIn.begin(biller, as, email, entry)) };
    }

    if (!customer) {
      await this.invoiceCloud.createCustomerRecord(as, recordOf(wanted));
      completed.push('create-customer-record');
    }
    const entry = await this.signIn.register(as, login, [accountNumber], completed);
    const standing = { ...NO_ACCOUNTS, free: [accountNumber] };
    const session = await this.signIn.begin(biller, as, email, { ...entry, standing });
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
