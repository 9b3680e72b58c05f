import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { Approvals } from './approvals.js';
import { LoginAttempts } from './login-attempts.js';
import { PagesService } from './pages.js';
import { SessionsService } from './sessions.service.js';

const MINUTE = 60_000;

/** Wipes what is over: passwords, tokens, tickets, attempts. Every process may do it: each is one statement. */
@Injectable()
export class SsoJanitor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('sso');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly approvals: Approvals,
    private readonly sessions: SessionsService,
    private readonly pages: PagesService,
    private readonly attempts: LoginAttempts,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.logger.error(traceOf(error), 'sweep failed'));
    }, MINUTE).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async sweep(): Promise<void> {
    await this.approvals.sweep();
    await this.sessions.sweep();
    await this.pages.sweep();
    await this.attempts.sweep();
  }
}
