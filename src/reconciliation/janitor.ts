import { BeforeApplicationShutdown, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Sweeper } from '../common/sweeper.js';
import { Comparison } from './comparison.js';
import { ReconciliationsService } from './reconciliations.service.js';

/** Often, since an administrator waits for one that was asked for. */
const EVERY_SECONDS = 2;

@Injectable()
export class ReconciliationJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: Sweeper | undefined;
  private begunFor = '';

  constructor(
    private readonly reconciliations: ReconciliationsService,
    private readonly comparison: Comparison,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = new Sweeper(
      'reconciliation',
      [() => this.beginDaily(), (stopping) => this.work(stopping)],
      EVERY_SECONDS,
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeper?.stop();
  }

  private async beginDaily(): Promise<void> {
    const now = new Date();
    const day = now.toISOString().slice(0, 10);
    if (day === this.begunFor) return;
    await this.reconciliations.beginDaily(now);
    this.begunFor = day;
  }

  private async work(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted && (await this.comparison.workOnNext(stopping)));
  }
}
