import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Not, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { isId, newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import type { AuthenticationToken } from '../invoice-cloud/my360-answers.js';
import { SessionExpired, SessionNotFound } from './errors.js';
import { SsoSession } from './sso-session.entity.js';

/** Where Invoice Cloud does not say how long its token lives (unknown whether it does). Seconds. */
const DEFAULT_LIFE = 1200;

/** A session that is not over, opened. */
export interface OpenSession {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly expiresAt: Date;
}

/** Who is signed in. My360 may hold the token, or the session's id alone: then we hold the token, sealed. */
@Injectable()
export class SessionsService {
  constructor(
    @InjectRepository(SsoSession) private readonly sessions: Repository<SsoSession>,
    private readonly box: SecretBox,
  ) {}

  async start(
    biller: Biller,
    email: string,
    { token, lifeSeconds = biller.ssoTokenSeconds ?? DEFAULT_LIFE }: AuthenticationToken,
    customerGuid: string | null,
  ): Promise<{ id: string; expiresAt: Date }> {
    const id = newId();
    const expiresAt = new Date(Date.now() + lifeSeconds * 1000);
    await this.sessions.insert({
      id,
      billerId: biller.id,
      emailSealed: this.box.seal(email, id, 'email'),
      tokenSealed: this.box.seal(token, id, 'token'),
      customerGuid,
      expiresAt,
    });
    return { id, expiresAt };
  }

  /**
   * @throws SessionNotFound also for a session of another biller
   * @throws SessionExpired when it has run out or was ended
   */
  async open(biller: Biller, id: string): Promise<OpenSession> {
    const session = await this.find(biller, id);
    if (session.tokenSealed === null || session.expiresAt <= new Date()) {
      throw new SessionExpired('Sign the user in again: POST /v1/billers/{billerId}/sso/sessions.');
    }
    return {
      id: session.id,
      email: this.box.open(session.emailSealed, session.id, 'email'),
      token: this.box.open(session.tokenSealed, session.id, 'token'),
      expiresAt: session.expiresAt,
    };
  }

  /** Whose session it is, for those who have been let in by something else than a key. */
  async billerIdOf(id: string): Promise<string> {
    return (await this.sessions.findOneByOrFail({ id })).billerId;
  }

  /** Forgets the token; ending it twice is no error. What Invoice Cloud has open stays open until its own time is up. */
  async end(biller: Biller, id: string): Promise<void> {
    const session = await this.find(biller, id);
    await this.sessions.update({ id: session.id }, { tokenSealed: null });
  }

  /** Forgets the tokens of sessions that have run out, and after a day the sessions themselves. */
  async sweep(): Promise<void> {
    await this.sessions.delete({ expiresAt: LessThan(new Date(Date.now() - 86_400_000)) });
    await this.sessions.update({ expiresAt: LessThan(new Date()), tokenSealed: Not(IsNull()) }, { tokenSealed: null });
  }

  private async find(biller: Biller, id: string): Promise<SsoSession> {
    const session = isId(id) ? await this.sessions.findOneBy({ id, billerId: biller.id }) : null;
    if (!session) throw new SessionNotFound('Check the session id: this biller has no session under it.');
    return session;
  }
}
