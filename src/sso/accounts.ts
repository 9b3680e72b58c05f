import { Injectable } from '@nestjs/common';
import { InvoiceCloudClient, type BillerCredentials } from '../invoice-cloud/invoice-cloud.client.js';

/** What Invoice Cloud says of accounts that a user would have. */
export interface Standing {
  /** This user's already. */
  readonly own: readonly string[];
  /** Nobody's yet. */
  readonly free: readonly string[];
  /** Invoice Cloud has no such account. */
  readonly unknown: readonly string[];
  readonly registeredToAnotherUser: readonly string[];
}

export const NO_ACCOUNTS: Standing = { own: [], free: [], unknown: [], registeredToAnotherUser: [] };

/** Looking at accounts before touching them, since Invoice Cloud registers and links the good ones of a list with bad ones. */
@Injectable()
export class Accounts {
  constructor(private readonly invoiceCloud: InvoiceCloudClient) {}

  /** One call an account, all at once: one round trip. */
  async standing(as: BillerCredentials, email: string, wanted: readonly string[]): Promise<Standing> {
    const found = await Promise.all(
      wanted.map(async (accountNumber) => {
        const users = await this.invoiceCloud.retrieveUsers(as, { AccountNumber: accountNumber });
        return { accountNumber, user: users.find((user) => user.accountNumber === accountNumber) };
      }),
    );
    const isOwn = (user: { email: string | undefined }) => user.email?.toLowerCase() === email.toLowerCase();
    const pick = (choose: (user: (typeof found)[number]['user']) => boolean) =>
      found.filter(({ user }) => choose(user)).map(({ accountNumber }) => accountNumber);
    return {
      own: pick((user) => user !== undefined && user.registered && isOwn(user)),
      free: pick((user) => user !== undefined && !user.registered),
      unknown: pick((user) => user === undefined),
      registeredToAnotherUser: pick((user) => user !== undefined && user.registered && !isOwn(user)),
    };
  }
}
