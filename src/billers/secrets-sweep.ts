import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { CONFIG, type Config } from '../config/config.js';
import { BillerSecretsService } from './biller-secrets.service.js';

/** Wipes secrets whose overlap is over. */
@Injectable()
export class SecretsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly secrets: BillerSecretsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper('billers', [() => this.secrets.sweep()], this.config.sweepSeconds);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
