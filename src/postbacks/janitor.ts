import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Alerts } from '../common/alerts.js';
import { Sweepers } from '../common/sweepers.js';
import { PageExpiry } from './page-expiry.js';
import { PostbackRecorder } from './recorder.js';

@Injectable()
export class PostbacksJanitor implements OnApplicationBootstrap {
  constructor(
    private readonly pages: PageExpiry,
    private readonly recorder: PostbackRecorder,
    private readonly alerts: Alerts,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepers.every('postbacks', [
      (stopping: AbortSignal) => this.pages.sweep(stopping),
      () => this.recorder.forgetUnknown(),
      () => this.alertHeld(),
    ]);
  }

  /** They stand until an administrator has decided, whichever process took them. */
  private async alertHeld(): Promise<void> {
    const { notRecordable, unknownPayment } = await this.recorder.countHeld();
    const { alerts } = this;
    if (notRecordable === 0) alerts.clear('postback-not-recordable', '');
    else alerts.raise('postback-not-recordable', '', `${notRecordable} are held.`);
    if (unknownPayment === 0) alerts.clear('postback-after-restore', '');
    else alerts.raise('postback-after-restore', '', `${unknownPayment} are held.`);
  }
}
