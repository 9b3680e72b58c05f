import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { AccountNotFound, UserNotRegistered } from './errors.js';
import { LoginAttempts } from './login-attempts.js';
import { isRefusal } from './refusals.js';
import type { ChangeCredentials, UserCredentials } from './sso.dto.js';

/** What Invoice Cloud holds of a user's credentials. */
@Injectable()
export class StoredCredentials {
  constructor(
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly attempts: LoginAttempts,
  ) {}

  /**
   * The address under which the credentials are Invoice Cloud's too: the one sent or, when the same change stopped halfway
   * before, the new one. @returns undefined when they are not
   */
  async addressThatAgrees(biller: Biller, wanted: ChangeCredentials): Promise<string | undefined> {
    if (await this.agree(biller, wanted)) return wanted.email;
    const { newEmail: email, password } = wanted;
    if (email === undefined || email === wanted.email) return undefined;
    const stored = await this.emailOf(biller, wanted.accountNumber);
    const isChanged = stored.toLowerCase() === email.toLowerCase();
    return isChanged && (await this.agree(biller, { email, password })) ? email : undefined;
  }

  /** One that does not agree counts as a wrong password. */
  private async agree(biller: Biller, { email, password }: UserCredentials): Promise<boolean> {
    const as = await this.billers.credentialsOf(biller);
    const login = { EmailAddress: email, Password: password };
    try {
      await this.attempts.guard(biller, email, () => this.invoiceCloud.remoteAuthentication(as, login));
      return true;
    } catch (error) {
      if (isRefusal(error, 'InvalidCredentials') || isRefusal(error, 'NotRegistered')) return false;
      throw error;
    }
  }

  /** The address under which the account is registered. @throws AccountNotFound, UserNotRegistered */
  async emailOf(biller: Biller, accountNumber: string): Promise<string> {
    const as = await this.billers.credentialsOf(biller);
    const users = await this.invoiceCloud.retrieveUsers(as, { AccountNumber: accountNumber });
    const customer = users.find((user) => user.accountNumber === accountNumber);
    if (!customer) throw new AccountNotFound(`Check the account number ${accountNumber}; nothing was changed.`);
    if (!customer.registered || !customer.email) {
      throw new UserNotRegistered(`Account ${accountNumber} has no registered user; register first.`);
    }
    return customer.email;
  }
}
