import { Injectable } from '@nestjs/common';
import { InvoiceCloudClient, type BillerCredentials } from '../invoice-cloud/invoice-cloud.client.js';
import { AccountNotFound, AccountTaken } from './errors.js';
import { isRefusal } from './refusals.js';

export interface LinkOutcome {
  readonly linked: readonly string[];
  /** Invoice Cloud has no such account. */
  readonly unknown: readonly string[];
  readonly registeredToAnotherUser: readonly string[];
}

/** Linking, as sign-in and the accounts' own routes need it. */
@Injectable()
export class Accounts {
  constructor(private readonly invoiceCloud: InvoiceCloudClient) {}

  /** Links what can be linked and says what can't. One call, and one more for each account that is somebody else's. */
  async linkAll(as: BillerCredentials, email: string, wanted: readonly string[]): Promise<LinkOutcome> {
    const registeredToAnotherUser: string[] = [];
    let rest = wanted;
    while (rest.length > 0) {
      try {
        const { linked, unknown } = await this.invoiceCloud.linkAccounts(as, email, rest);
        return { linked, unknown, registeredToAnotherUser };
      } catch (error) {
        const taken = isRefusal(error, 'AccountRegisteredToAnotherUser') ? error.facts.accountNumber : undefined;
        // A refusal that names no account of ours would come again for ever.
        if (taken === undefined || !rest.includes(taken)) throw error;
        registeredToAnotherUser.push(taken);
        rest = rest.filter((account) => account !== taken);
      }
    }
    return { linked: [], unknown: [], registeredToAnotherUser };
  }

  /**
   * Looks before linking, since Invoice Cloud links the known ones of a list with unknown ones in it.
   * @throws AccountNotFound, AccountTaken: nothing may be changed then
   */
  async checkLinkable(as: BillerCredentials, email: string, wanted: readonly string[]): Promise<void> {
    const found = await Promise.all(
      wanted.map((AccountNumber) => this.invoiceCloud.retrieveUsers(as, { AccountNumber })),
    );
    for (const [index, accountNumber] of wanted.entries()) {
      const customer = found[index]?.find((user) => user.accountNumber === accountNumber);
      if (!customer) throw new AccountNotFound(`Check the account number ${accountNumber}; nothing was linked.`);
      if (customer.registered && customer.email?.toLowerCase() !== email.toLowerCase()) {
        throw new AccountTaken(`Account ${accountNumber} belongs to another e-mail address; nothing was linked.`);
      }
    }
  }
}
