import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Alerts } from '../common/alerts.js';
import { type Place, Primary } from './primary.js';

/** Between two looks where new connections lead. Milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** An alert stands until a former primary was not met for so long. Milliseconds. */
const CALM_MS = 60_000;

const named = ({ system, timeline }: Place): string => `system ${system}, timeline ${timeline}`;

/**
 * Looks every five seconds where a new connection leads, so that a process whose connections all live on hears of a new primary
 * too. Says which primary this process serves, at each change.
 */
@Injectable()
export class PrimaryWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('database');
  private timer: NodeJS.Timeout | undefined;
  private strayedAt = -Infinity;
  private readonly left = new Set<string>();

  constructor(
    private readonly primary: Primary,
    private readonly alerts: Alerts,
  ) {
    primary.onChange((now, before) => this.changed(now, before));
    primary.onStray((stray) => this.strayed(stray));
  }

  onApplicationBootstrap(): void {
    const { current } = this.primary;
    if (current) this.logger.log({ ...current }, 'serving from this primary');
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    // What fails here fails for requests too, and is told there.
    await this.primary.look().catch(() => undefined);
    if (performance.now() - this.strayedAt > CALM_MS) this.alerts.clear('database-timeline', '');
  }

  private changed(now: Place, before: Place | undefined): void {
    if (!before) return;
    this.logger.warn({ ...now, before }, 'serving from another primary now; what was kept in memory is forgotten');
    if (this.left.has(now.system)) this.strayed(before);
    if (now.system !== before.system) this.left.add(before.system);
  }

  private strayed(stray: Place): void {
    const { current } = this.primary;
    this.strayedAt = performance.now();
    this.alerts.raise(
      'database-timeline',
      '',
      `DATABASE_URL leads to two primaries: ${current ? named(current) : 'none'}, and ${named(stray)}`,
    );
  }
}
