import { BeforeApplicationShutdown, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { Idempotency } from './idempotency.js';
import { PaymentsService } from './payments.service.js';

@Injectable()
export class CloudPayJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly idempotency: Idempotency,
    private readonly payments: PaymentsService,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper('cloud-pay', [() => this.idempotency.sweep(), () => this.payments.sweep()]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
