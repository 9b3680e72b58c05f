import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweepers } from '../common/sweepers.js';
import { BillerSecretsService } from './biller-secrets.service.js';

/** Wipes secrets whose overlap is over. */
@Injectable()
export class SecretsSweep implements OnApplicationBootstrap {
  constructor(
    private readonly secrets: BillerSecretsService,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepers.every('billers', [() => this.secrets.sweep()]);
  }
}
