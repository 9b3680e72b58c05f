import { setTimeout as sleep } from 'node:timers/promises';
import {
  BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  OnApplicationBootstrap,
  OnModuleDestroy,
} from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';
import { Attempts } from './attempts.js';
import type { Claimed } from './claim.js';
import { DeliveryQueue, type Room } from './delivery-queue.js';
import { WakeUp } from './wake-up.js';

/** How late a retry may start, and a delivery whose notification was lost. */
const POLL_MS = 1_000;
/** Between the starts of two looks at least, so that what arrives in a rush is taken in batches. */
const PAUSE_MS = 20;

/**
 * Takes what is due and has it attempted, as much at a time as the bulkheads allow: so many at once in all, a quarter of
 * them for one partner, and so many for one endpoint. An endpoint that hangs fills its own places and nobody else's.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('relay');
  private readonly underWay = new Map<Claimed, Promise<void>>();
  private readonly perPartner: number;
  private stopping = false;
  private woken = false;
  private wake: () => void = () => undefined;
  /** Something due may have been left for want of room. */
  private full = false;
  private reachable = true;
  private running: Promise<void> | undefined;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly attempts: Attempts,
    private readonly wakeUp: WakeUp,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.perPartner = Math.ceil(config.relay.concurrency / 4);
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
    this.wakeUp.start(() => this.look());
  }

  /** Takes nothing more. */
  onModuleDestroy(): void {
    this.stopping = true;
    this.look();
  }

  /** Lets what is under way end. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.running;
    await Promise.all(this.underWay.values());
  }

  /** Looks for what is due, soon. */
  private look(): void {
    this.woken = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const began = performance.now();
      this.woken = false;
      const taken = await this.takeRound();
      const took = performance.now() - began;
      if (taken === 0 && (!this.queue.more || this.full) && !this.woken) await this.nextWake();
      // Where looking takes long, as long a rest: a database that is slow has other things to do.
      const rest = began + Math.max(PAUSE_MS, Math.min(2 * took, POLL_MS)) - performance.now();
      if (rest > 0) await sleep(rest);
    }
  }

  private nextWake(): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  /** @returns how many deliveries were taken */
  private async takeRound(): Promise<number> {
    const room = this.room();
    this.full = room.free === 0;
    if (this.full) return 0;
    try {
      const claimed = await this.queue.claim(room);
      if (!this.reachable) this.logger.log('the queue can be reached again');
      this.reachable = true;
      if (claimed.length > 0) this.begin(claimed);
      this.full = this.isFull();
      return claimed.length;
    } catch (error) {
      if (this.reachable) this.logger.error(traceOf(error), 'the queue can not be reached');
      this.reachable = false;
      await sleep(POLL_MS);
      return 0;
    }
  }

  private room(): Room {
    const { concurrency, perEndpoint } = this.config.relay;
    const byEndpoint = new Map<string, number>();
    const byPartner = new Map<string, number>();
    for (const { endpointId, partnerId } of this.underWay.keys()) {
      byEndpoint.set(endpointId, (byEndpoint.get(endpointId) ?? 0) + 1);
      byPartner.set(partnerId, (byPartner.get(partnerId) ?? 0) + 1);
    }
    return { free: concurrency - this.underWay.size, byEndpoint, byPartner, perEndpoint, perPartner: this.perPartner };
  }

  private begin(claimed: readonly Claimed[]): void {
    const secrets = this.attempts.secretsOf(claimed);
    for (const delivery of claimed) {
      const attempt = this.attempts
        .make(delivery, secrets)
        .then((dueIn) => this.lookIn(dueIn))
        .finally(() => {
          this.underWay.delete(delivery);
          if (this.full) this.look();
        });
      this.underWay.set(delivery, attempt);
    }
  }

  private isFull(): boolean {
    const { byEndpoint, byPartner, perEndpoint, perPartner, free } = this.room();
    return (
      free <= 0 ||
      [...byEndpoint.values()].some((n) => n >= perEndpoint) ||
      [...byPartner.values()].some((n) => n >= perPartner)
    );
  }

  /** The next look is at hand anyway when it is further off than that. */
  private lookIn(seconds: number | undefined): void {
    if (seconds === undefined || seconds > 60) return;
    setTimeout(() => this.look(), seconds * 1000 + 1).unref();
  }
}
