import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { newId } from '../common/id.js';
import { digestOf } from '../common/secret-box.js';
import { TooManyAttempts } from './errors.js';
import { LoginAttempt } from './login-attempt.entity.js';
import { isRefusal } from './refusals.js';

const MOST = 5;
const WINDOW_SECONDS = 900;

/** Five wrong passwords for one user in fifteen minutes; then nobody is asked until the oldest is that old. */
@Injectable()
export class LoginAttempts {
  constructor(@InjectRepository(LoginAttempt) private readonly attempts: Repository<LoginAttempt>) {}

  /**
   * Runs what tries a password. The attempt is counted before it is made, so that many at once, at any number of
   * processes, get no more tries than one after the other.
   * @throws TooManyAttempts without having asked
   */
  async guard<T>(biller: Biller, email: string, work: () => Promise<T>): Promise<T> {
    const userDigest = digestOf(`${biller.id}\u0000${email.toLowerCase()}`);
    const id = newId();
    await this.attempts.insert({ id, userDigest });
    const since = new Date(Date.now() - WINDOW_SECONDS * 1000);
    const recent = await this.attempts.find({
      where: { userDigest, attemptedAt: MoreThan(since) },
      order: { attemptedAt: 'ASC' },
    });
    if (recent.length > MOST) {
      await this.attempts.delete({ id });
      const oldest = recent[0]?.attemptedAt ?? new Date();
      const wait = Math.max(1, Math.ceil((oldest.getTime() - since.getTime()) / 1000));
      throw new TooManyAttempts(`Wait ${Math.ceil(wait / 60)} min before the next try; this one was not made.`, {
        retryAfter: wait,
      });
    }
    try {
      const result = await work();
      await this.attempts.delete({ userDigest });
      return result;
    } catch (error) {
      if (!isRefusal(error, 'InvalidCredentials')) await this.attempts.delete({ id });
      throw error;
    }
  }

  /** Removes attempts that count no longer. */
  async sweep(): Promise<void> {
    await this.attempts.delete({ attemptedAt: LessThan(new Date(Date.now() - WINDOW_SECONDS * 1000)) });
  }
}
