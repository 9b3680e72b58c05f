import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { CONFIG, type Config } from '../config/config.js';
import { PageExpiry } from './page-expiry.js';
import { PostbackRecorder } from './recorder.js';

@Injectable()
export class PostbacksJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly pages: PageExpiry,
    private readonly recorder: PostbackRecorder,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const work = [(stopping: AbortSignal) => this.pages.sweep(stopping), () => this.recorder.forgetUnknown()];
    this.sweeper = new Sweeper('postbacks', work, this.config.sweepSeconds);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }
}
