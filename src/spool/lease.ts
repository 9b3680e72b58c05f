/** How long a promise to the other processes holds. With the patience of whoever waits it must stay below two seconds. */
export const LEASE_MS = 1_200;
/** Between two beats. A few may be late before the promise lapses. */
export const BEAT_MS = 300;
/** Our clock and the database's may run apart by so much within a lease. */
const MARGIN_MS = 50;
/** A spool whose process has not been seen for so long may be taken over. */
export const TAKEN_AFTER_SECONDS = 10;
/** Whoever has had no word from the database for so long replays nothing: half of the time after which it may be taken over. */
const REPLAY_WITHIN_MS = 5_000;

/** What the database said of itself, and when that arrived here by `performance.now()`. */
export interface DatabaseTime {
  readonly now: Date;
  /** When the server was started: after a failover it is another one, and its clock as well. */
  readonly server: Date;
  readonly at: number;
}

/**
 * A process's promise to all others: "until `until`, every message that I answered from my spool and that is not recorded has its
 * mark in the database". Whoever opens an invoice anew reads the marks while the promise holds, and refuses when it has lapsed.
 *
 * `until` is reckoned by the process, from when the promise is *sent*. So a promise that is committed late, or of which nobody
 * knows whether it was committed, can't hold for longer than the process reckons with. The estimate of the database's clock is
 * never ahead of it: the answer that told it took its time.
 *
 * All times of its own are `performance.now()` of this process, handed in. A pure object, played by the model test.
 */
export class Lease {
  private promisedAt = -Infinity;
  private confirmedAt = -Infinity;
  private registered = false;

  /** To be called before a promise is sent, whatever becomes of it. @returns until when it holds, by the database's clock */
  promise(now: number, told: DatabaseTime): Date {
    this.promisedAt = now;
    return new Date(told.now.getTime() + (now - told.at) + LEASE_MS);
  }

  /** The database has said that this spool is ours, in answer to what was sent at `sentAt`. */
  confirm(sentAt: number): void {
    this.registered = true;
    this.confirmedAt = Math.max(this.confirmedAt, sentAt);
  }

  /**
   * Whether no promise of ours can hold any more, so that a message may be answered without a mark. Never for a spool that the
   * database has not heard of: then nobody would be warned.
   */
  lapsed(now: number): boolean {
    return this.registered && now >= this.lapsesAt;
  }

  /** When the last promise has certainly lapsed. */
  get lapsesAt(): number {
    return this.promisedAt + LEASE_MS + MARGIN_MS;
  }

  /** Whether nobody else can have taken this spool over yet. */
  mayReplay(now: number): boolean {
    return now < this.confirmedAt + REPLAY_WITHIN_MS;
  }
}
