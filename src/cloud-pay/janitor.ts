import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { CONFIG, type Config } from '../config/config.js';
import { Idempotency } from './idempotency.js';
import { Openings } from './openings.js';

@Injectable()
export class CloudPayJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly idempotency: Idempotency,
    private readonly openings: Openings,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const work = [() => this.idempotency.sweep(), () => this.openings.sweep()];
    this.sweeper = new Sweeper('cloud-pay', work, this.config.sweepSeconds);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
