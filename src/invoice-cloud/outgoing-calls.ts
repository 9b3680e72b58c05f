import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  DelegateBackoff,
  handleWhenResult,
  type IRetryBackoffContext,
  retry,
  TaskCancelledError,
} from 'cockatiel';
import { Deadline } from '../common/deadline.js';
import { CONFIG, type Config } from '../config/config.js';
import type { BillerAtInvoiceCloud } from './credentials.js';
import { InvoiceCloudBusy, InvoiceCloudLimited, InvoiceCloudPaused } from './errors.js';
import { type Answer, errorOf, type Exchanged, type Failure } from './failure.js';
import { type Breaker, type Lane, Lanes } from './lanes.js';
import type { Operation } from './operations.js';
import { Pace } from './pace.js';
import { MOST_RETRIES, retryRule, type RetryVerdict } from './retry-rule.js';

type Attempted = Exchanged & { readonly verdict?: RetryVerdict };

const retrying = retry(
  handleWhenResult((result) => (result as Attempted).verdict?.retry === true),
  {
    maxAttempts: MOST_RETRIES,
    backoff: new DelegateBackoff(({ result }: IRetryBackoffContext<unknown>) =>
      'value' in result ? ((result.value as Attempted).verdict?.afterMs ?? 0) : 0,
    ),
  },
);

/** The one deadline of a call: over its waits, its attempts and the reading of the answer. */
class CallTime extends Deadline {
  private readonly end: number;

  constructor(private readonly wholeMs: number) {
    super(wholeMs);
    this.end = performance.now() + wholeMs;
  }

  remainingMs(): number {
    return this.end - performance.now();
  }

  /**
   * How long the call may still wait before it goes out: until half of its time is over. A payment that is opened in the
   * last second is one of which nobody knows whether it was opened.
   */
  patienceMs(): number {
    return Math.max(0, Math.floor(this.remainingMs() - this.wholeMs / 2));
  }
}

/** What stands between a biller's calls and Invoice Cloud: limit, bulkhead, breaker, retries, and the deadline over all. */
@Injectable()
export class OutgoingCalls {
  constructor(
    private readonly lanes: Lanes,
    private readonly pace: Pace,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @param exchange one attempt; must end when its signal does
   * @throws InvoiceCloudLimited, InvoiceCloudBusy, InvoiceCloudPaused where nothing was sent; otherwise as `errorOf` says
   */
  async make(
    as: BillerAtInvoiceCloud,
    operation: Operation,
    exchange: (deadline: AbortSignal) => Promise<Exchanged>,
  ): Promise<Answer> {
    const { timeoutMs } = this.config.invoiceCloud;
    using time = new CallTime(timeoutMs);
    const lane = this.lanes.of(as.billerId);
    const breaker = lane.breakers[operation.service];
    refuseWhileOpen(breaker, operation);
    await this.waitForTurn(as, lane, time, operation);
    const exchanged = await inPlace(lane, time, operation, async (waited) => {
      // Its turn is over when it had to wait for a place: what comes out of a queue together must not go out together.
      if (waited) await this.waitForTurn(as, lane, time, operation);
      refuseWhileOpen(breaker, operation);
      return this.throughBreaker(breaker, operation, () => this.attempts(as, lane, breaker, time, operation, exchange));
    });
    if ('answer' in exchanged) return exchanged.answer;
    throw errorOf(operation, exchanged.failure, timeoutMs);
  }

  private async throughBreaker(
    breaker: Breaker,
    operation: Operation,
    work: () => Promise<Exchanged>,
  ): Promise<Exchanged> {
    try {
      return await breaker.policy.execute(work);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw paused(operation, 1_000);
      throw error;
    }
  }

  private attempts(
    as: BillerAtInvoiceCloud,
    lane: Lane,
    breaker: Breaker,
    time: CallTime,
    operation: Operation,
    exchange: (deadline: AbortSignal) => Promise<Exchanged>,
  ): Promise<Exchanged> {
    let last: Failure | undefined;
    return retrying.execute(async ({ attempt }): Promise<Attempted> => {
      // A retry is a call like any other to who counts them.
      if (last && !(await this.hasTurn(as, time))) return { failure: last };
      const exchanged = await exchange(time.signal);
      if ('answer' in exchanged) return exchanged;
      last = exchanged.failure;
      respectRetryAfter(lane, last);
      // One call alone finds out whether Invoice Cloud is well again, not one and its repetitions.
      if (breaker.state !== 'closed') return exchanged;
      return { ...exchanged, verdict: retryRule(operation, last, attempt, time.remainingMs()) };
    });
  }

  private async hasTurn(as: BillerAtInvoiceCloud, time: CallTime): Promise<boolean> {
    if (as.outboundPerSecond === null) return true;
    const turn = await this.pace.take(as.billerId, as.outboundPerSecond, time.remainingMs() / 2);
    if ('fullForMs' in turn) return false;
    await sleep(turn.waitMs);
    return true;
  }

  private async waitForTurn(as: BillerAtInvoiceCloud, lane: Lane, time: CallTime, { name }: Operation): Promise<void> {
    const pauseMs = lane.pausedUntil - Date.now();
    if (pauseMs > time.patienceMs()) {
      const detail = `Invoice Cloud takes no more calls of this biller for now (429), so ${name} was not sent.`;
      throw new InvoiceCloudLimited(`${detail} Try again later.`, pauseMs / 1000);
    }
    if (pauseMs > 0) await sleep(pauseMs);
    if (as.outboundPerSecond === null) return;
    const turn = await this.pace.take(as.billerId, as.outboundPerSecond, time.patienceMs());
    if ('fullForMs' in turn) {
      const limit = `${as.outboundPerSecond} calls a second to Invoice Cloud`;
      const detail = `This biller may make ${limit} (outboundPerSecond), and ${name} would have waited too long.`;
      throw new InvoiceCloudLimited(`${detail} It was not sent. Try again later.`, turn.fullForMs / 1000);
    }
    if (turn.waitMs > 0) await sleep(turn.waitMs);
  }
}

/** Runs when the lane has a place, and not at all when that takes too long. @throws InvoiceCloudBusy */
async function inPlace<T>(
  { places }: Lane,
  time: CallTime,
  { name }: Operation,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  try {
    if (places.executionSlots > 0) return await places.execute(() => work(false));
    const patience = AbortSignal.timeout(time.patienceMs());
    return await new Promise<T>((resolve, reject) => {
      let begun = false;
      // The queue itself notices only when its turn comes; the caller is told when its time is over.
      patience.addEventListener('abort', () => begun || reject(new TaskCancelledError()), { once: true });
      const begin = () => {
        begun = true;
        return work(true);
      };
      places.execute(begin, patience).then(resolve, reject);
    });
  } catch (error) {
    if (!(error instanceof BulkheadRejectedError || error instanceof TaskCancelledError)) throw error;
    throw new InvoiceCloudBusy(
      `Too many calls of this biller wait for Invoice Cloud, so ${name} was not sent. Try again.`,
      5,
    );
  }
}

function refuseWhileOpen(breaker: Breaker, operation: Operation): void {
  const closedForMs = breaker.closedForMs();
  if (closedForMs !== undefined) throw paused(operation, closedForMs);
}

const paused = ({ name }: Operation, forMs: number): InvoiceCloudPaused =>
  new InvoiceCloudPaused(
    `Invoice Cloud failed the last calls of this biller, so ${name} was not sent. Try again.`,
    forMs / 1000,
  );

function respectRetryAfter(lane: Lane, failure: Failure): void {
  if (failure.kind !== 'status' || failure.status !== 429 || failure.retryAfterMs === undefined) return;
  lane.pausedUntil = Math.max(lane.pausedUntil, Date.now() + failure.retryAfterMs);
}
