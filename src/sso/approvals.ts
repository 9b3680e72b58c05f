import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Not, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { newId } from '../common/id.js';
import { PlatformError } from '../common/platform-error.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import { CredentialUpdates, type Update } from './credential-updates.js';
import { type Changed, type ChangeStatus, CredentialChange } from './credential-change.entity.js';
import { TicketNotUsable, TooManyMails } from './errors.js';
import { Mailer } from '../mail/mailer.js';
import { approvalMail, masked, type Question } from './approval-mail.js';
import { explained } from './refusals.js';
import { ApprovalParties } from './approval-parties.js';

/** A minute and a sweep before the 24 hours that a password may be kept. */
const LIFE_MS = 24 * 3_600_000 - 180_000;
const MOST_MAILS_AN_HOUR = 5;
/** How long decided changes can be read. */
const KEPT_DAYS = 30;
/** A process that applies a change and has not ended by then is taken for dead. */
const CLAIM_SECONDS = 120;

/** A change of credentials between the mail and the user's click. */
@Injectable()
export class Approvals {
  constructor(
    @InjectRepository(CredentialChange) private readonly changes: Repository<CredentialChange>,
    private readonly parties: ApprovalParties,
    private readonly updates: CredentialUpdates,
    private readonly mailer: Mailer,
    private readonly box: SecretBox,
  ) {}

  /**
   * Keeps the change, sealed, and asks the user by mail.
   * @param update with the address at Invoice Cloud, to which the mail goes
   * @throws MailNotSent: the change is kept as failed, without the password
   */
  async ask(biller: Biller, update: Update): Promise<CredentialChange> {
    const id = newId();
    const token = randomBytes(32).toString('base64url');
    const link = this.parties.linkTo(token);
    const { newEmail, newPassword } = update;
    const addressDigest = this.box.blindDigest(`${biller.id} ${update.email.toLowerCase()}`);
    await this.refuseFlood(addressDigest);
    const changes: Changed[] = [...(newEmail ? ['email' as const] : []), ...(newPassword ? ['password' as const] : [])];
    await this.changes.insert({
      id,
      billerId: biller.id,
      status: 'waiting',
      accountSealed: this.box.seal(update.accountNumber, id, 'account'),
      emailSealed: this.box.seal(update.email, id, 'email'),
      newEmailSealed: newEmail ? this.box.seal(newEmail, id, 'new-email') : null,
      newPasswordSealed: newPassword ? this.box.seal(newPassword, id, 'new-password') : null,
      changes,
      sentTo: masked(update.email),
      addressDigest,
      tokenDigest: digestOf(token),
      expiresAt: new Date(Date.now() + LIFE_MS),
    });
    const question = { biller: biller.dba, partner: await this.parties.partnerOf(biller), changes, newEmail };
    try {
      await this.mailer.send(approvalMail(update.email, question, link));
    } catch (error) {
      await this.close(id, 'failed', error instanceof PlatformError ? error.type.code : 'mail_not_sent');
      throw error;
    }
    // The newest question counts, once it is on its way.
    const superseded = { status: 'expired', newPasswordSealed: null, decidedAt: new Date() } as const;
    await this.changes.update({ addressDigest, status: 'waiting', id: Not(id) }, superseded);
    return this.changes.findOneByOrFail({ id });
  }

  /** Nobody's mailbox is filled by whoever knows an account number. */
  private async refuseFlood(addressDigest: Buffer): Promise<void> {
    const hourAgo = new Date(Date.now() - 3_600_000);
    if ((await this.changes.countBy({ addressDigest, createdAt: MoreThan(hourAgo) })) >= MOST_MAILS_AN_HOUR) {
      throw new TooManyMails('Wait for an hour, or have the user answer a mail that is there.', { retryAfter: 3600 });
    }
  }

  /** @throws TicketNotUsable when there is nothing to decide any more */
  async question(token: string): Promise<Question> {
    const change = await this.changes.findOneBy({ tokenDigest: digestOf(token) });
    if (!change || change.status !== 'waiting' || change.expiresAt <= new Date()) throw decided();
    const biller = await this.parties.billerOf(change);
    return {
      biller: biller.dba,
      partner: await this.parties.partnerOf(biller),
      changes: change.changes,
      newEmail: this.opened(change).newEmail,
    };
  }

  /**
   * Makes the change. The link is used up when Invoice Cloud has answered for good; while it can't be reached, the user
   * may click again.
   */
  async approve(token: string): Promise<void> {
    const change = await this.claim(token);
    const biller = await this.parties.billerOf(change);
    const done: Changed[] = [...change.done];
    try {
      await this.updates.apply(biller, this.opened(change), { Approved: true }, change.done, async (changed) => {
        done.push(changed);
        await this.changes.update({ id: change.id }, { done });
      });
    } catch (error) {
      const failure = explained(error);
      const final = failure instanceof PlatformError && failure.type.status < 500;
      if (final) await this.close(change.id, 'failed', failure.type.code, done);
      else await this.changes.update({ id: change.id }, { status: 'waiting', claimedUntil: null });
      throw failure;
    }
    await this.close(change.id, 'applied', null, done);
  }

  async refuse(token: string): Promise<void> {
    const change = await this.claim(token);
    await this.close(change.id, 'refused', null);
  }

  /** Wipes what ran out, and frees what a dead process had claimed. */
  async sweep(): Promise<void> {
    await this.changes.query(
      `update credential_changes set status = 'expired', new_password_sealed = null, decided_at = now()
       where status in ('waiting', 'applying') and expires_at <= now()
         and (claimed_until is null or claimed_until <= now())`,
    );
    await this.changes.delete({ decidedAt: LessThan(new Date(Date.now() - KEPT_DAYS * 86_400_000)) });
    await this.changes.query(
      `update credential_changes set status = 'waiting', claimed_until = null
       where status = 'applying' and claimed_until <= now()`,
    );
  }

  /** One click decides, of however many. */
  private async claim(token: string): Promise<CredentialChange> {
    const update = await this.changes
      .createQueryBuilder()
      .update()
      .set({ status: 'applying', claimedUntil: () => `now() + interval '${CLAIM_SECONDS} seconds'` })
      .where(`token_digest = :digest and expires_at > now()`, { digest: digestOf(token) })
      .andWhere(`(status = 'waiting' or (status = 'applying' and claimed_until <= now()))`)
      .returning('id')
      .execute();
    const [claimed] = update.raw as { id: string }[];
    if (!claimed) throw decided();
    return this.changes.findOneByOrFail({ id: claimed.id });
  }

  private async close(id: string, status: ChangeStatus, failureCode: string | null, done?: Changed[]): Promise<void> {
    const last = { status, failureCode, newPasswordSealed: null, claimedUntil: null, decidedAt: new Date() };
    await this.changes.update({ id }, { ...last, ...(done && { done }) });
  }

  private opened(change: CredentialChange): Update {
    const open = (sealed: string | null, field: string): string | undefined =>
      sealed === null ? undefined : this.box.open(sealed, change.id, field);
    return {
      accountNumber: this.box.open(change.accountSealed, change.id, 'account'),
      email: this.box.open(change.emailSealed, change.id, 'email'),
      newEmail: open(change.newEmailSealed, 'new-email'),
      newPassword: open(change.newPasswordSealed, 'new-password'),
    };
  }
}

const decided = (): TicketNotUsable =>
  new TicketNotUsable('The change was decided already, or is more than a day old.');
