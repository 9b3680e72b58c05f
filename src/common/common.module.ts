import { Global, Module } from '@nestjs/common';
import { SecretBox } from './secret-box.js';

/** What every feature needs and no feature owns. The ring comes in from the configuration. */
@Global()
@Module({})
export class CommonModule {
  static with(box: SecretBox) {
    return { module: CommonModule, providers: [{ provide: SecretBox, useValue: box }], exports: [SecretBox] };
  }
}
