import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweepers } from '../common/sweepers.js';
import { PageExpiry } from './page-expiry.js';
import { PostbackRecorder } from './recorder.js';

@Injectable()
export class PostbacksJanitor implements OnApplicationBootstrap {
  constructor(
    private readonly pages: PageExpiry,
    private readonly recorder: PostbackRecorder,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    const work = [(stopping: AbortSignal) => this.pages.sweep(stopping), () => this.recorder.forgetUnknown()];
    this.sweepers.every('postbacks', work);
  }
}
