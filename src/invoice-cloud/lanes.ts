import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  bulkhead,
  type BulkheadPolicy,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  handleWhenResult,
} from 'cockatiel';
import { CONFIG, type Config } from '../config/config.js';
import { type Exchanged, isIllness } from './failure.js';
import type { Operation } from './operations.js';

/** For so long a biller's calls are refused before one of them may try again. Milliseconds. */
const OPEN_MS = 10_000;
/** More than half of the last ten calls, and five at least: one bad answer opens nothing, and neither do old ones. */
const BREAKS_AT = { threshold: 0.5, size: 10, minimumNumberOfCalls: 5 };
/** Calls that may wait for a place, for each that there is. */
const QUEUE_FACTOR = 4;
const MOST_LANES = 10_000;
const IDLE_MS = 600_000;

export type Service = Operation['service'];

/** Opens when Invoice Cloud keeps failing; then one call at a time finds out whether it is well again. */
export class Breaker {
  readonly policy: CircuitBreakerPolicy;
  private openUntil = 0;

  constructor(onChange: (state: 'open' | 'closed') => void) {
    this.policy = circuitBreaker(
      handleWhenResult((result) => isIllness(result as Exchanged)),
      { halfOpenAfter: OPEN_MS, breaker: new CountBreaker(BREAKS_AT) },
    );
    this.policy.onBreak(() => {
      this.openUntil = Date.now() + OPEN_MS;
      onChange('open');
    });
    this.policy.onReset(() => onChange('closed'));
  }

  get state(): 'closed' | 'half-open' | 'open' {
    if (this.policy.state === CircuitState.Closed) return 'closed';
    return this.policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** @returns how long nobody may call; undefined when a call may be made. Milliseconds. */
  closedForMs(): number | undefined {
    if (this.state === 'closed') return undefined;
    // The policy would let others wait for the probe's end, in the bulkhead's places.
    if (this.state === 'half-open') return 1_000;
    const left = this.openUntil - Date.now();
    return left > 0 ? left : undefined;
  }
}

/** What one biller's calls share in this process, and no other biller's do. */
export class Lane {
  readonly places: BulkheadPolicy;
  /** One a service: the SOAP service may be down, or not there at all, while payments are opened. */
  readonly breakers: Readonly<Record<Service, Breaker>>;
  /** Invoice Cloud's own 429 said so. Epoch milliseconds. */
  pausedUntil = 0;
  usedAt = 0;

  constructor(
    private readonly concurrency: number,
    onChange: (service: Service, state: 'open' | 'closed') => void,
  ) {
    this.places = bulkhead(concurrency, concurrency * QUEUE_FACTOR);
    this.breakers = {
      rest: new Breaker((state) => onChange('rest', state)),
      soap: new Breaker((state) => onChange('soap', state)),
    };
  }

  /** Forgetting it now would change nothing for its biller. */
  isIdle(now: number): boolean {
    return (
      this.places.executionSlots === this.concurrency &&
      this.pausedUntil <= now &&
      Object.values(this.breakers).every(({ state }) => state === 'closed')
    );
  }
}

/** Lanes by biller, the most recently used last. Those that rest for ten minutes go, and the oldest beyond ten thousand. */
@Injectable()
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly logger = new Logger('invoice-cloud');

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  get size(): number {
    return this.lanes.size;
  }

  of(billerId: string, now = Date.now()): Lane {
    const known = this.lanes.get(billerId);
    const lane = known ?? this.newLane(billerId);
    if (known) this.lanes.delete(billerId);
    lane.usedAt = now;
    this.lanes.set(billerId, lane);
    if (!known) this.forgetIdle(now);
    return lane;
  }

  /** Breakers that are not closed. */
  breakers(): { billerId: string; service: Service; state: 'half-open' | 'open' }[] {
    return [...this.lanes].flatMap(([billerId, { breakers }]) =>
      (Object.entries(breakers) as [Service, Breaker][]).flatMap(([service, { state }]) =>
        state === 'closed' ? [] : [{ billerId, service, state }],
      ),
    );
  }

  private newLane(billerId: string): Lane {
    return new Lane(this.config.invoiceCloud.concurrency, (service, state) => {
      if (state === 'open') this.logger.warn({ billerId, service }, 'breaker opened: Invoice Cloud keeps failing');
      else this.logger.log({ billerId, service }, 'breaker closed: Invoice Cloud answers again');
    });
  }

  private forgetIdle(now: number): void {
    for (const [billerId, lane] of this.lanes) {
      if (this.lanes.size <= MOST_LANES && lane.usedAt > now - IDLE_MS) return;
      if (lane.isIdle(now) && lane.usedAt < now) this.lanes.delete(billerId);
    }
  }
}
