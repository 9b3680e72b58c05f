import { BeforeApplicationShutdown, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { Idempotency } from './idempotency.js';
import { Openings } from './openings.js';

@Injectable()
export class CloudPayJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly idempotency: Idempotency,
    private readonly openings: Openings,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper('cloud-pay', [() => this.idempotency.sweep(), () => this.openings.sweep()]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
