import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweepers } from '../common/sweepers.js';
import { Idempotency } from './idempotency.js';
import { Openings } from './openings.js';
import { ReturnPages } from './return-pages.js';

@Injectable()
export class CloudPayJanitor implements OnApplicationBootstrap {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly openings: Openings,
    private readonly returns: ReturnPages,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    const work = [() => this.idempotency.sweep(), () => this.openings.sweep(), () => this.returns.sweep()];
    this.sweepers.every('cloud-pay', work);
  }
}
