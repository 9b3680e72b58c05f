import { BeforeApplicationShutdown, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { PageExpiry } from './page-expiry.js';
import { PostbackRecorder } from './recorder.js';

@Injectable()
export class PostbacksJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly pages: PageExpiry,
    private readonly recorder: PostbackRecorder,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper('postbacks', [
      (stopping) => this.pages.sweep(stopping),
      () => this.recorder.forgetUnknown(),
    ]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
