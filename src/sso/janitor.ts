import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { CONFIG, type Config } from '../config/config.js';
import { Approvals } from './approvals.js';
import { LoginAttempts } from './login-attempts.js';
import { PagesService } from './pages.js';
import { SessionsService } from './sessions.service.js';

/** Wipes what is over: passwords, tokens, tickets, attempts. */
@Injectable()
export class SsoJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly approvals: Approvals,
    private readonly sessions: SessionsService,
    private readonly pages: PagesService,
    private readonly attempts: LoginAttempts,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const work = [
      () => this.approvals.sweep(),
      // Tickets first: they hang on sessions.
      () => this.pages.sweep(),
      () => this.sessions.sweep(),
      () => this.attempts.sweep(),
    ];
    this.sweeper = new Sweeper('sso', work, this.config.sweepSeconds);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
