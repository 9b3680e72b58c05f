import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SecretBox } from '../common/secret-box.js';
import { prepared, run } from '../database/prepared.js';
import { CONFIG, type Config } from '../config/config.js';
import { healthOf, HELD_BACK } from './breaker.js';
import { CLAIM, type Claimed, type ClaimRow } from './claim.js';
import { nextAttempt } from './retry-schedule.js';
import { DeliveredRecords } from './delivered.js';
import { Rounds } from './rounds.js';
import type { Outcome } from './sender.js';

/**
 * Of one delivery, or of one subject's. Written so that no partial index fits: in a quiet hour the statistics say that
 * next to nothing is pending, and reading that index from end to end would pass for the cheapest way to one row.
 */
export const IS_PENDING = `status || '' = 'pending'`;

/** What a lost worker is waited for on top of the deadline, in seconds: for what stands before the sending, and for recording. */
const GRACE_SECONDS = 10;

/** How much this process may take. */
export interface Room {
  readonly free: number;
  /** Under way by endpoint and by partner. */
  readonly byEndpoint: ReadonlyMap<string, number>;
  readonly byPartner: ReadonlyMap<string, number>;
  readonly perEndpoint: number;
  readonly perPartner: number;
}

export interface Recorded {
  readonly status: 'delivered' | 'pending' | 'parked';
  readonly attempts: number;
  /** Seconds until something may be due: the next attempt, or the endpoint's next probe. */
  readonly dueIn: number | undefined;
  /** Failures in a row of the endpoint when its breaker opened with this attempt. */
  readonly brokeAfter: number | undefined;
  readonly switchedOff: boolean;
}

interface RecordedRow {
  readonly awaited: boolean;
  readonly failures: number | null;
  readonly held_for: number | null;
  readonly switched_off: boolean | null;
}

/**
 * The deliveries as a queue: what is due, and may go, is claimed for a while, attempted, and recorded. A row is its own
 * job, so that the two can't disagree; what may not go yet (a later one of its subject, an endpoint that is off, held
 * back or busy) is simply not claimed, and costs nothing while it waits.
 */
@Injectable()
export class DeliveryQueue {
  private readonly leaseSeconds: number;
  private readonly delivered: DeliveredRecords;
  private readonly rounds = new Rounds();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.delivered = new DeliveredRecords(dataSource);
    this.leaseSeconds = config.relay.timeoutMs / 1000 + GRACE_SECONDS;
  }

  /**
   * Takes what is due, the oldest first. One statement, whose cost grows with the partners that have something pending, and
   * with their endpoints up to a bound: of a partner with more of them, each claim looks at the next ones.
   */
  async claim(room: Room): Promise<Claimed[]> {
    const rows = await run<ClaimRow>(this.dataSource, CLAIM, [
      [...room.byEndpoint.keys()],
      [...room.byEndpoint.values()],
      room.perEndpoint,
      [...room.byPartner.keys()],
      [...room.byPartner.values()],
      room.perPartner,
      room.free,
      this.leaseSeconds,
      [...this.rounds.partners()],
      [...this.rounds.endpoints()],
    ]);
    const claimed = rows.filter((row): row is ClaimRow & Claimed => row.id !== null).map(({ cut: _, ...row }) => row);
    this.rounds.went(rows[0]?.cut ?? {}, claimed.length > 0);
    return claimed;
  }

  /** Something due may be at endpoints that the last claims did not come to. */
  get more(): boolean {
    return this.rounds.more;
  }

  /**
   * Records an attempt and what follows from it, in one statement: the delivery's state, the attempt, the endpoint's
   * health. Wakes the next one of the subject, should it wait.
   * @returns undefined when another worker had taken this one for lost, and has the say
   */
  async record(delivery: Claimed, outcome: Outcome, at: Date, ms: number): Promise<Recorded | undefined> {
    if (outcome.delivered) return this.recordDelivered(delivery, outcome, at, ms);
    const attempts = delivery.attempts + 1;
    const made = attempts - delivery.attemptsBefore;
    const health = healthOf(outcome);
    const { retrySeconds } = this.config.relay;
    const next = nextAttempt(made, retrySeconds, Math.random(), outcome.retryAfter);
    // What an endpoint was switched off by waits for the switch, however many attempts it has had.
    const [status, afterSeconds] =
      health === 'gone'
        ? (['pending', 0] as const)
        : next.retry
          ? (['pending', next.afterSeconds] as const)
          : (['parked', null] as const);
    const [row] = await run<RecordedRow>(this.dataSource, RECORD, [
      delivery.id,
      delivery.attempts,
      status,
      outcome.status,
      outcome.error,
      at,
      Math.round(ms),
      this.sealed(outcome, delivery.id, attempts),
      afterSeconds,
      health,
      delivery.probing,
      HELD_BACK,
    ]);
    if (!row) return undefined;
    if (row.awaited && status !== 'pending') await this.wakeNext(delivery.subjectId);
    return {
      status,
      attempts,
      dueIn: row.held_for ?? (row.awaited && status !== 'pending' ? 0 : (afterSeconds ?? undefined)),
      brokeAfter: row.held_for === null ? undefined : (row.failures ?? undefined),
      switchedOff: row.switched_off === true,
    };
  }

  private async recordDelivered(
    { id, attempts, subjectId }: Claimed,
    outcome: Outcome & { delivered: true },
    at: Date,
    ms: number,
  ): Promise<Recorded | undefined> {
    const answerSealed = this.sealed(outcome, id, attempts + 1);
    const recorded = await this.delivered.add({ id, attempts, status: outcome.status, at, ms, answerSealed });
    if (!recorded) return undefined;
    if (recorded.awaited) await this.wakeNext(subjectId);
    const dueIn = recorded.awaited ? 0 : undefined;
    return { status: 'delivered', attempts: attempts + 1, dueIn, brokeAfter: undefined, switchedOff: false };
  }

  private sealed({ answer }: Outcome, id: string, attempt: number): string | null {
    return answer ? this.box.seal(answer, id, `answer-${attempt}`) : null;
  }

  /** Lets go at once what waits for an earlier one that nobody attempts any more: its waker died before it could wake. */
  async wakeForgotten(): Promise<void> {
    await this.dataSource.query(
      `update deliveries d set next_attempt_at = now(), held = false
       where status = 'pending' and held and next_attempt_at > now() and not exists (
         select from deliveries e where e.subject_id = d.subject_id and e.sequence < d.sequence and e.status = 'pending')`,
    );
  }

  private async wakeNext(subjectId: string): Promise<void> {
    await this.dataSource.query(
      `update deliveries set next_attempt_at = now(), held = false
       where held and next_attempt_at > now() and ${IS_PENDING} and id = (
         select id from deliveries where subject_id = $1 and ${IS_PENDING} order by sequence limit 1)`,
      [subjectId],
    );
  }
}

/** An attempt that failed. What was delivered is recorded by `DeliveredRecords`. */
const RECORD = prepared(`
  with done as (
    update deliveries set
      status = $3, held = false, attempts = attempts + 1, last_status = $4, last_error = $5, last_attempt_at = $6, claimed_until = null,
      next_attempt_at = now() + $9 * interval '1 second',
      parked_at = case when $3 = 'parked' then now() end
    where id = $1 and ${IS_PENDING} and attempts = $2
    returning id, attempts, endpoint_id, awaited
  ), noted as (
    insert into delivery_attempts (delivery_id, number, at, ms, status, error, answer_sealed)
    select id, attempts, $6, $7, $4, $5, $8 from done
  ), endpoint as (
    update relay_endpoints e set
      failures = case $10 when 'sound' then 0 when 'failing' then e.failures + 1 else e.failures end,
      open_until = case $10 when 'failing'
        then now() + nullif(($12::float8[])[least(e.failures + 1, cardinality($12::float8[]))], 0) * interval '1 second' end,
      disabled_at = case $10 when 'gone' then now() else e.disabled_at end,
      disabled_reason = case $10 when 'gone' then 'the endpoint answered 410' else e.disabled_reason end
    from done
    where e.id = done.endpoint_id and case $10
      when 'sound' then e.failures > 0 or e.open_until is not null
      -- Those that were under way when the breaker opened do not hold it open longer.
      when 'failing' then $11 or e.open_until is null or e.open_until <= now()
      when 'gone' then e.disabled_at is null
      else $11 end
    returning e.failures, e.open_until, $10 = 'gone' as switched_off
  )
  select done.awaited, endpoint.failures, endpoint.switched_off,
    extract(epoch from endpoint.open_until - now())::float8 as held_for
  from done left join endpoint on true`);
