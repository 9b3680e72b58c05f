import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { Idempotency } from './idempotency.js';

const HOUR = 3_600_000;

/** Removes idempotency keys once their 72 hours are over. Every process may do it: it is one delete. */
@Injectable()
export class IdempotencySweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('idempotency');
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly idempotency: Idempotency) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.idempotency.sweep().catch((error: unknown) => this.logger.error(traceOf(error), 'sweep failed'));
    }, HOUR).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
