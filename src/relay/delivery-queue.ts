import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SecretBox } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { BREAKS_AFTER, healthOf, HELD_BACK } from './breaker.js';
import { nextAttempt } from './retry-schedule.js';
import { DeliveredRecords } from './delivered.js';
import type { Outcome } from './sender.js';

/**
 * Of one delivery, or of one subject's. Written so that no partial index fits: in a quiet hour the statistics say that
 * next to nothing is pending, and reading that index from end to end would pass for the cheapest way to one row.
 */
export const IS_PENDING = `status || '' = 'pending'`;

/** What a lost worker is waited for on top of the deadline, in seconds: for recording, which is one statement. */
const GRACE_SECONDS = 10;

/** A delivery that this process has taken, until its claim ends. */
export interface Claimed {
  readonly id: string;
  readonly partnerId: string;
  readonly endpointId: string;
  readonly subjectId: string;
  readonly url: string;
  readonly contentType: string;
  readonly bodySealed: string;
  readonly attempts: number;
  readonly attemptsBefore: number;
  /** The one that goes first after the breaker has held the endpoint back. */
  readonly probing: boolean;
}

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

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.delivered = new DeliveredRecords(dataSource);
    this.leaseSeconds = config.relay.timeoutMs / 1000 + GRACE_SECONDS;
  }

  /** Takes what is due, the oldest first. One statement, whose cost grows with the endpoints that have something pending. */
  claim(room: Room): Promise<Claimed[]> {
    return this.dataSource.query<Claimed[]>(CLAIM, [
      [...room.byEndpoint.keys()],
      [...room.byEndpoint.values()],
      room.perEndpoint,
      [...room.byPartner.keys()],
      [...room.byPartner.values()],
      room.perPartner,
      room.free,
      this.leaseSeconds,
    ]);
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
    const [row] = await this.dataSource.query<RecordedRow[]>(RECORD, [
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

/**
 * Walks from endpoint to endpoint along the index (a loose index scan), so that a heap of deliveries that may not go,
 * however large, is stepped over at the cost of one look.
 */
const CLAIM = `
  with recursive waiting as (
    (select endpoint_id from deliveries where status = 'pending' order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from deliveries d where d.status = 'pending' and d.endpoint_id > w.endpoint_id
            order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  ), open as materialized (
    select e.id, e.partner_id, e.failures >= ${BREAKS_AFTER} as probing, coalesce(p.n, 0) as of_partner,
      least(case when e.failures >= ${BREAKS_AFTER} then 1 else $3 - coalesce(b.n, 0) end, $6 - coalesce(p.n, 0), $7) as room
    from waiting w
    join relay_endpoints e on e.id = w.endpoint_id
    left join unnest($1::uuid[], $2::integer[]) as b (id, n) on b.id = e.id
    left join unnest($4::uuid[], $5::integer[]) as p (id, n) on p.id = e.partner_id
    where e.disabled_at is null and (e.open_until is null or e.open_until <= now())
  ), due as (
    select d.id, d.next_attempt_at, o.id as endpoint_id, o.probing,
      o.of_partner + row_number() over (partition by o.partner_id order by d.next_attempt_at) as nth
    from open o cross join lateral (
      select c.id, c.next_attempt_at from deliveries c
      where c.endpoint_id = o.id and c.status = 'pending' and c.next_attempt_at <= now()
        and (c.claimed_until is null or c.claimed_until <= now())
        -- Of two that are due, the earlier one first. offset 0: by the subject's own index, whatever the statistics say.
        and not exists (
          select from (
            select e.endpoint_id, e.status, e.next_attempt_at from deliveries e
            where e.subject_id = c.subject_id and e.sequence < c.sequence offset 0
          ) e where e.endpoint_id = c.endpoint_id and e.status = 'pending' and e.next_attempt_at <= now())
      order by c.next_attempt_at limit greatest(o.room, 0)
      for no key update skip locked
    ) d
  ), chosen as (
    select id, endpoint_id, probing from due where nth <= $6 order by next_attempt_at limit $7
  ), probed as (
    update relay_endpoints set open_until = now() + $8 * interval '1 second'
    where id in (select endpoint_id from chosen where probing)
  ), claimed as (
    update deliveries d set claimed_until = now() + $8 * interval '1 second'
    where d.id = any(array(select id from chosen))
    returning d.id, d.partner_id as "partnerId", d.endpoint_id as "endpointId", d.subject_id as "subjectId", d.url,
      d.content_type as "contentType", d.body_sealed as "bodySealed", d.attempts,
      d.attempts_before as "attemptsBefore",
      d.endpoint_id = any(array(select endpoint_id from chosen where probing)) as probing
  )
  select * from claimed`;

/** An attempt that failed. What was delivered is recorded by `DeliveredRecords`. */
const RECORD = `
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
  from done left join endpoint on true`;
