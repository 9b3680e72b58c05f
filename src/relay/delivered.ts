import type { DataSource } from 'typeorm';
import { Batches } from '../database/batches.js';
import { BRIEF, briefly, FEW, prepared, type Run } from '../database/prepared.js';

/** An attempt that a partner answered with 2xx. */
export interface Delivered {
  readonly id: string;
  /** Before this one. */
  readonly attempts: number;
  readonly status: number;
  readonly at: Date;
  /** How long it took. Milliseconds. */
  readonly ms: number;
  /** The first KiB of the answer; null where it was empty. */
  readonly answerSealed: string | null;
}

/** How long one that is tried alone waits for a lock. */
const ALONE = '5s';

/** Records what has been delivered, many at once: it is what nearly every attempt comes to. */
export class DeliveredRecords {
  private readonly batches: Batches<Delivered, { awaited: boolean } | undefined>;

  constructor(dataSource: DataSource) {
    this.batches = new Batches(dataSource, record);
  }

  /** @returns undefined when another worker had taken it for lost; whether a later one of the subject may wait for it */
  add(delivered: Delivered): Promise<{ readonly awaited: boolean } | undefined> {
    return this.batches.add(delivered);
  }
}

async function record(delivered: readonly Delivered[], run: Run): Promise<({ awaited: boolean } | undefined)[]> {
  const column = <Value>(of: (one: Delivered) => Value): Value[] => delivered.map(of);
  const rows = await run<{ id: string; awaited: boolean }>(RECORD, [
    column(({ id }) => id),
    column(({ attempts }) => attempts),
    column(({ status }) => status),
    column(({ at }) => at),
    column(({ ms }) => Math.round(ms)),
    column(({ answerSealed }) => answerSealed),
    // There is no other way for what can't be recorded in a batch: alone, it waits.
    delivered.length > 1 ? BRIEF : ALONE,
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return delivered.map(({ id }) => byId.get(id));
}

/** As one that has failed is recorded (`delivery-queue.ts`); an endpoint that was well is read and not written. */
const RECORD = prepared(`
  with given as materialized (
    select g.* from ${briefly('$7')}, unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::integer[], $6::text[])
      with ordinality as g (id, attempts, status, at, ms, answer_sealed, n)
    where ${FEW}
  ), done as (
    update deliveries d set
      status = 'delivered', held = false, attempts = d.attempts + 1, last_status = g.status, last_error = null,
      last_attempt_at = g.at, claimed_until = null, next_attempt_at = null, delivered_at = now(), parked_at = null
    from given g
    -- Written so that no partial index fits (IS_PENDING).
    where d.id = g.id and d.status || '' = 'pending' and d.attempts = g.attempts
    returning d.id, d.attempts, d.endpoint_id, d.awaited
  ), noted as (
    insert into delivery_attempts (delivery_id, number, at, ms, status, error, answer_sealed)
    select done.id, done.attempts, g.at, g.ms, g.status, null, g.answer_sealed from done join given g using (id)
  ), endpoint as (
    update relay_endpoints e set failures = 0, open_until = null
    where e.id in (select endpoint_id from done) and (e.failures > 0 or e.open_until is not null)
  )
  select id, awaited from done`);
