import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { TooManyAttempts } from './errors.js';
import { LoginAttempt } from './login-attempt.entity.js';
import { isRefusal } from './refusals.js';

const MOST = 5;
const WINDOW_MS = 900_000;
/** How long an attempt waits for those before it whose answer is still out. */
const PATIENCE_MS = 10_000;

/** Five wrong passwords for one user in fifteen minutes; then nobody is asked until the oldest is that old. */
@Injectable()
export class LoginAttempts {
  constructor(
    @InjectRepository(LoginAttempt) private readonly attempts: Repository<LoginAttempt>,
    private readonly box: SecretBox,
  ) {}

  /**
   * Runs what tries a password. The attempt is written down before it is made, so that many at once, at any number of
   * processes, get no more wrong tries than one after the other.
   * @throws TooManyAttempts without having asked
   */
  async guard<T>(biller: Biller, email: string, work: () => Promise<T>): Promise<T> {
    const userDigest = this.box.blindDigest(`${biller.id} ${email.toLowerCase()}`);
    const id = newId();
    await this.attempts.insert({ id, userDigest });
    await this.waitForTurn(id, userDigest);
    try {
      const result = await work();
      await this.attempts.delete({ userDigest });
      return result;
    } catch (error) {
      if (isRefusal(error, 'InvalidCredentials')) await this.attempts.update({ id }, { wrong: true });
      else await this.attempts.delete({ id });
      throw error;
    }
  }

  /** Removes attempts that count no longer. */
  async sweep(): Promise<void> {
    await this.attempts.delete({ attemptedAt: LessThan(new Date(Date.now() - WINDOW_MS)) });
  }

  /** With fewer than five before it that were wrong or may yet turn out so, an attempt may go. */
  private async waitForTurn(id: string, userDigest: Buffer): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      const since = new Date(Date.now() - WINDOW_MS);
      const recent = await this.attempts.find({
        where: { userDigest, attemptedAt: MoreThan(since) },
        order: { attemptedAt: 'ASC', id: 'ASC' },
      });
      const mine = recent.findIndex((attempt) => attempt.id === id);
      // A right password in between has wiped the slate.
      if (mine < MOST) return;
      const wrong = recent.slice(0, mine).filter((attempt) => attempt.wrong);
      if (wrong.length >= MOST || Date.now() > deadline) {
        await this.attempts.delete({ id });
        const oldest = recent[0]?.attemptedAt ?? new Date();
        const wait = Math.max(1, Math.ceil((oldest.getTime() - since.getTime()) / 1000));
        throw new TooManyAttempts(`Wait ${Math.ceil(wait / 60)} min before the next try; this one was not made.`, {
          retryAfter: wait,
        });
      }
      await sleep(100);
    }
  }
}
