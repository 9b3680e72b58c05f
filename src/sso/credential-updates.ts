import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { type BillerCredentials, InvoiceCloudClient, type Proof } from '../invoice-cloud/invoice-cloud.client.js';
import type { Changed } from './credential-change.entity.js';
import { isRefusal } from './refusals.js';

export interface Update {
  /** An account of the user: tells whether an address that has it is this user's. */
  readonly accountNumber: string;
  /** The address at Invoice Cloud now. */
  readonly email: string;
  readonly newEmail: string | undefined;
  readonly newPassword: string | undefined;
}

@Injectable()
export class CredentialUpdates {
  constructor(
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
  ) {}

  /**
   * Changes e-mail address and password at Invoice Cloud, as far as it has not been done before. The address goes
   * first: it is the one that can be taken, and then nothing has been changed.
   * @param onDone called as Invoice Cloud takes each change, so that a failure tells how far it got
   */
  async apply(
    biller: Biller,
    update: Update,
    proof: Proof,
    done: readonly Changed[],
    onDone: (changed: Changed) => Promise<void> | void,
  ): Promise<void> {
    const { email, newEmail, newPassword } = update;
    const as = await this.billers.credentialsOf(biller);
    if (newEmail !== undefined && !done.includes('email')) {
      await this.changeEmail(as, update, newEmail, proof);
      await onDone('email');
    }
    if (newPassword !== undefined && !done.includes('password')) {
      await this.invoiceCloud.updatePassword(as, newEmail ?? email, newPassword, proof);
      await onDone('password');
    }
  }

  /**
   * An earlier try may have been done and its answer lost: then the old address is gone, and the new one has this user's
   * account. Without that account it is somebody else, who took the address in the meantime.
   */
  private async changeEmail(
    as: BillerCredentials,
    { email, accountNumber }: Update,
    newEmail: string,
    proof: Proof,
  ): Promise<void> {
    try {
      await this.invoiceCloud.updateEmailAddress(as, email, newEmail, proof);
    } catch (error) {
      if (!isRefusal(error, 'NotRegistered')) throw error;
      const users = await this.invoiceCloud.retrieveUsers(as, { EmailAddress: newEmail });
      if (!users.some((user) => user.registered && user.accountNumber === accountNumber)) throw error;
    }
  }
}
