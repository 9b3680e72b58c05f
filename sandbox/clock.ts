const DAY_MS = 86_400_000;

/**
 * A clock that tests can put forward, to see a page expire without waiting for it. What Invoice Cloud would know by its
 * own clock goes by it; what a machine waits for (delays, deadlines, retries) stays real.
 */
export class Clock {
  private aheadMs = 0;

  /** @param base what it runs on: milliseconds since the epoch */
  constructor(private readonly base: () => number = Date.now) {}

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.base() + this.aheadMs;

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  /** yyyy-MM-dd, in UTC. */
  inDays(days: number): string {
    return new Date(this.now() + days * DAY_MS).toISOString().slice(0, 10);
  }

  advance(seconds: number): void {
    this.aheadMs += seconds * 1000;
  }

  reset(): void {
    this.aheadMs = 0;
  }

  get aheadSeconds(): number {
    return this.aheadMs / 1000;
  }
}
