import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { isId } from '../common/id.js';
import { Approvals } from './approvals.js';
import { type Changed, CredentialChange } from './credential-change.entity.js';
import { CredentialUpdates } from './credential-updates.js';
import { CredentialChangeNotFound } from './errors.js';
import { explained, withCompleted } from './refusals.js';
import type { ChangeCredentials } from './sso.dto.js';
import { credentialChangeView, type CredentialChangeView } from './sso.view.js';
import { StoredCredentials } from './stored-credentials.js';

/**
 * Update of e-mail address and password (story 9). Where the credentials that My360 holds are Invoice Cloud's too, the
 * change is made at once. Where they are not, the user is asked by a mail to the address that Invoice Cloud has.
 */
@Injectable()
export class CredentialChangesService {
  constructor(
    @InjectRepository(CredentialChange) private readonly changes: Repository<CredentialChange>,
    private readonly stored: StoredCredentials,
    private readonly updates: CredentialUpdates,
    private readonly approvals: Approvals,
  ) {}

  /** @throws EmailAddressTaken, AccountNotFound, UserNotRegistered, UserLocked, TooManyAttempts, MailNotSent */
  async change(biller: Biller, wanted: ChangeCredentials): Promise<CredentialChangeView> {
    const { accountNumber, newEmail, newPassword } = wanted;
    try {
      const email = await this.stored.addressThatAgrees(biller, wanted);
      if (email !== undefined) return await this.changeNow(biller, { ...wanted, email });
      const stored = await this.stored.emailOf(biller, accountNumber);
      return credentialChangeView(
        await this.approvals.ask(biller, { accountNumber, email: stored, newEmail, newPassword }),
      );
    } catch (error) {
      throw explained(error);
    }
  }

  /** @throws CredentialChangeNotFound also for a change of another biller */
  async get(biller: Biller, id: string): Promise<CredentialChangeView> {
    const change = isId(id) ? await this.changes.findOneBy({ id, billerId: biller.id }) : null;
    if (!change) throw new CredentialChangeNotFound('Check the id: this biller has no change under it.');
    return credentialChangeView(change);
  }

  private async changeNow(biller: Biller, wanted: ChangeCredentials): Promise<CredentialChangeView> {
    const { email, newEmail, newPassword } = wanted;
    const before: Changed[] = email === newEmail ? ['email'] : [];
    const done: Changed[] = [...before];
    const proof = { Password: wanted.password };
    try {
      const update = { accountNumber: wanted.accountNumber, email, newEmail, newPassword };
      await this.updates.apply(biller, update, proof, before, (changed) => void done.push(changed));
    } catch (error) {
      throw withCompleted(explained(error), done);
    }
    return { id: null, status: 'applied', changes: done, sentTo: null, expiresAt: null, failureCode: null };
  }
}
