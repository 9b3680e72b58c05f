import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { InvoiceCloudClient, type Proof } from '../invoice-cloud/invoice-cloud.client.js';
import type { Changed } from './credential-change.entity.js';

export interface Update {
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
   * @param done what was changed already; added to as Invoice Cloud takes each, so that a failure tells how far it got
   */
  async apply(biller: Biller, { email, newEmail, newPassword }: Update, proof: Proof, done: Changed[]): Promise<void> {
    const as = await this.billers.credentialsOf(biller);
    if (newEmail !== undefined && !done.includes('email')) {
      await this.invoiceCloud.updateEmailAddress(as, email, newEmail, proof);
      done.push('email');
    }
    if (newPassword !== undefined && !done.includes('password')) {
      await this.invoiceCloud.updatePassword(as, newEmail ?? email, newPassword, proof);
      done.push('password');
    }
  }
}
