import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { briefly } from '../database/prepared.js';
import type { Beat, Said } from './heartbeat.js';

/** To the millisecond, as JavaScript reads it back. */
const SERVER = `date_trunc('milliseconds', pg_postmaster_start_time())`;

/** SQL: whether a spool's promise holds, so that its marks are all there is. @param spool alias of `spools` */
export const promiseHolds = (spool: string): string =>
  `(${spool}.lease_until > clock_timestamp() and ${spool}.server_started_at = ${SERVER}) is true`;

/** How a spool stands, as its process tells with each beat. */
export interface Standing {
  readonly waiting: number;
  readonly bytes: number;
  readonly oldestAt: Date | null;
}

/** Who beats for which spool. */
export interface Beater extends Standing {
  readonly id: string;
  readonly owner: string;
  readonly host: string;
}

/** A row as another process sees it. */
export interface SeenRow {
  readonly id: string;
  readonly owner: string;
  readonly beat: number;
}

/** Who runs a statement: the connection of the beats, or TypeORM. */
export type Ask = <Row extends object>(sql: string, values: readonly unknown[]) => Promise<Row[]>;

/** What the database knows of spools. */
@Injectable()
export class SpoolRows {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** One statement: the promise and the marks that make it true are committed together. */
  async beat(ask: Ask, spool: Beater, beat: Beat): Promise<Said> {
    const [said] = await ask<Said>(beat.registers ? REGISTER : RENEW, [
      spool.id,
      spool.owner,
      spool.host,
      beat.number,
      beat.until,
      beat.server,
      spool.waiting,
      spool.bytes,
      spool.oldestAt,
      beat.changes.marked,
      beat.changes.unmarked,
    ]);
    if (!said) throw new Error('a beat was not answered');
    return said;
  }

  all(): Promise<SeenRow[]> {
    return this.dataSource.query<SeenRow[]>('select id, owner, beat::float8 as beat from spools');
  }

  /**
   * Takes a spool over whose process has not been heard of.
   * @param seen its row as it was then; undefined: there was none
   * @returns false when it has changed since
   */
  async claim(id: string, seen: SeenRow | undefined, owner: string, host: string): Promise<boolean> {
    const claimed = seen
      ? await this.dataSource.query<[unknown[], number]>(
          `update spools set owner = $2, host = $3, seen_at = now(), lease_until = null
           where id = $1 and owner = $4 and beat = $5 returning id`,
          [id, owner, host, seen.owner, seen.beat],
        )
      : [
          await this.dataSource.query<unknown[]>(
            `insert into spools (id, owner, host, beat, server_started_at) values ($1, $2, $3, 0, ${SERVER})
             on conflict (id) do nothing returning id`,
            [id, owner, host],
          ),
        ];
    return claimed[0].length > 0;
  }

  /** The spool has nothing left that waits. Does nothing where it is another's by now. */
  async forget(id: string, owner: string, ask: Ask = this.viaPool): Promise<void> {
    await ask(
      `with gone as (delete from spools where id = $1 and owner = $2 returning id)
       delete from spool_marks where spool_id in (select id from gone)`,
      [id, owner],
    );
  }

  /** Whether a message about this subject waits in any spool. */
  async isMarked(manager: EntityManager, subject: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>('select from spool_marks where subject_id = $1 limit 1', [subject]);
    return rows.length > 0;
  }

  /** Whether the process of some spool can't be asked what it holds. */
  async isAnySilent(manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(`select from spools s where not ${promiseHolds('s')} limit 1`);
    return rows.length > 0;
  }

  private readonly viaPool: Ask = (sql, values) => this.dataSource.query(sql, [...values]);
}

/** The row may be locked by an earlier beat that waits for a synchronous standby: such beats must not pile up. */
const GIVEN = `given as materialized (select $1::uuid as id, $2::uuid as owner, $3::text as host, $4::bigint as beat,
  case when $6::timestamptz = ${SERVER} then $5::timestamptz end as lease_until,
  $7::int as waiting, $8::bigint as bytes, $9::timestamptz as oldest_at
  from ${briefly(`'1s'`)})`;

/** A mark goes and comes by name: the two lists have none in common. */
const MARKS = `
  unmarked as (
    delete from spool_marks m using ours, unnest($11::uuid[]) as given (subject_id)
    where m.spool_id = ours.id and m.subject_id = given.subject_id
  ), marked as (
    insert into spool_marks (subject_id, spool_id)
    select given.subject_id, ours.id from ours, unnest($10::uuid[]) as given (subject_id)
    order by 1 on conflict do nothing
  )
  select case when exists (select from ours) then 'ours'
      when exists (select from spools s where s.id = $1) then 'other' else 'none' end as row,
    clock_timestamp() as now, ${SERVER} as server`;

const RENEW = `
  with ${GIVEN}, ours as (
    update spools s set host = g.host, beat = g.beat, seen_at = now(), lease_until = g.lease_until,
      server_started_at = ${SERVER}, waiting = g.waiting, bytes = g.bytes, oldest_at = g.oldest_at
    from given g where s.id = g.id and s.owner = g.owner and s.beat < g.beat
    returning s.id
  ), ${MARKS}`;

const REGISTER = `
  with ${GIVEN}, ours as (
    insert into spools as s (id, owner, host, beat, lease_until, server_started_at, waiting, bytes, oldest_at)
    select id, owner, host, beat, lease_until, ${SERVER}, waiting, bytes, oldest_at from given
    on conflict (id) do update set host = excluded.host, beat = excluded.beat, seen_at = now(),
      lease_until = excluded.lease_until, server_started_at = excluded.server_started_at, waiting = excluded.waiting,
      bytes = excluded.bytes, oldest_at = excluded.oldest_at
    where s.owner = excluded.owner and s.beat < excluded.beat
    returning s.id
  ), ${MARKS}`;
