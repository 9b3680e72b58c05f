import { Global, Module } from '@nestjs/common';
import { Alerts } from './alerts.js';
import { Draining } from './draining.js';
import { Intake } from './intake.js';
import { SecretBox } from './secret-box.js';
import { Sweepers } from './sweepers.js';

/** What every feature needs and no feature owns. Built from the configuration, which this folder does not know. */
@Global()
@Module({})
export class CommonModule {
  static with(box: SecretBox, sweepers: Sweepers) {
    return {
      module: CommonModule,
      providers: [
        { provide: SecretBox, useValue: box },
        { provide: Sweepers, useValue: sweepers },
        Alerts,
        Draining,
        Intake,
      ],
      exports: [SecretBox, Sweepers, Alerts, Draining, Intake],
    };
  }
}
