import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { Accounts } from './accounts.js';
import { AccountNotFound, AccountNotLinked, AccountTaken } from './errors.js';
import { explained } from './refusals.js';
import { SessionsService } from './sessions.service.js';
import { accountView, type LinkedAccountsView, type UnregisteredView } from './sso.view.js';

/** The accounts of a user who is signed in (story 10). */
@Injectable()
export class LinkedAccountsService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly accounts: Accounts,
  ) {}

  /** All or nothing; linking what is linked changes nothing. @throws AccountNotFound, AccountTaken */
  async link(biller: Biller, sessionId: string, wanted: readonly string[]): Promise<LinkedAccountsView> {
    const { email } = await this.sessions.open(biller, sessionId);
    const as = await this.billers.credentialsOf(biller);
    try {
      const { unknown, registeredToAnotherUser } = await this.accounts.standing(as, email, wanted);
      if (unknown.length > 0)
        throw new AccountNotFound(`Invoice Cloud does not know ${unknown.join(', ')}; nothing was linked.`);
      if (registeredToAnotherUser.length > 0) {
        throw new AccountTaken(
          `Registered to another user: ${registeredToAnotherUser.join(', ')}. Nothing was linked.`,
        );
      }
      const { linked } = await this.invoiceCloud.linkAccounts(as, email, wanted);
      const accounts = await this.invoiceCloud.retrieveUserAccounts(as, email);
      return { accounts: accounts.map(accountView), linkedNow: [...linked] };
    } catch (error) {
      throw explained(error);
    }
  }

  /** @throws AccountNotLinked when it is not one of the user's; nothing is changed then */
  async unregister(biller: Biller, sessionId: string, accountNumber: string): Promise<UnregisteredView> {
    const { email } = await this.sessions.open(biller, sessionId);
    const as = await this.billers.credentialsOf(biller);
    try {
      const unregistered = await this.invoiceCloud.unregisterAccounts(as, email, [accountNumber]);
      if (unregistered.length === 0) {
        throw new AccountNotLinked(`Account ${accountNumber} is not one of this user's; nothing was changed.`);
      }
      return { unregistered };
    } catch (error) {
      throw explained(error);
    }
  }
}
