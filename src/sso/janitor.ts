import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweepers } from '../common/sweepers.js';
import { Approvals } from './approvals.js';
import { LoginAttempts } from './login-attempts.js';
import { PagesService } from './pages.js';
import { SessionsService } from './sessions.service.js';

/** Wipes what is over: passwords, tokens, tickets, attempts. */
@Injectable()
export class SsoJanitor implements OnApplicationBootstrap {
  constructor(
    private readonly approvals: Approvals,
    private readonly sessions: SessionsService,
    private readonly pages: PagesService,
    private readonly attempts: LoginAttempts,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    const work = [
      () => this.approvals.sweep(),
      // Tickets first: they hang on sessions.
      () => this.pages.sweep(),
      () => this.sessions.sweep(),
      () => this.attempts.sweep(),
    ];
    this.sweepers.every('sso', work);
  }
}
