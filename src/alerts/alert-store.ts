import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { newId } from '../common/id.js';
import type { StoredAlert } from './alert.entity.js';

/** What one process has to say of an alert. */
export interface Seen {
  readonly kind: string;
  readonly subject: string;
  readonly detail: string;
  /** Since this process raised it. Seconds. */
  readonly ageSeconds: number;
  /** For how long it stands if nobody sees it again. Seconds. */
  readonly standsSeconds: number;
  /** This process has told it by itself, while the database was away. */
  readonly told: boolean;
}

export type Row = Pick<
  StoredAlert,
  'id' | 'kind' | 'subject' | 'detail' | 'firstSeenAt' | 'lastSeenAt' | 'clearedAt' | 'told' | 'toldAt' | 'messages'
>;

/** At most so many messages of one claim. */
const MOST = 10;
/** After so many failures of a message, it is tried again in so many seconds; the last one stands for all that follow. */
const RETRY_SECONDS = [5, 20, 80, 320, 1_280, 1_800];

/** The alerts of all processes, in the database. */
@Injectable()
export class AlertStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Records what a process sees. What was over stands again. */
  async see(seen: readonly Seen[]): Promise<void> {
    const column = <Value>(of: (one: Seen) => Value): Value[] => seen.map(of);
    await this.dataSource.query(SEE, [
      column(() => newId()),
      column(({ kind }) => kind),
      column(({ subject }) => subject),
      column(({ detail }) => detail),
      column(({ ageSeconds }) => ageSeconds),
      column(({ standsSeconds }) => standsSeconds),
      column(({ told }) => told),
    ]);
  }

  /** Ends what no process sees any more, and forgets what has been over for 30 days. */
  async end(): Promise<void> {
    await this.dataSource.query(
      `update alerts set cleared_at = now(), attempts = 0 where cleared_at is null and stands_until < now()`,
    );
    await this.dataSource.query(`delete from alerts where cleared_at < now() - interval '30 days'`);
  }

  /** The oldest first. */
  standing(): Promise<Row[]> {
    return this.dataSource.query<Row[]>(
      `select ${COLUMNS} from alerts where cleared_at is null order by first_seen_at, id limit 500`,
    );
  }

  /** Messages that are due, for this process alone to send within a minute. */
  async claim(): Promise<Row[]> {
    const [rows] = await this.dataSource.query<[Row[]]>(
      `update alerts set claimed_until = now() + interval '1 minute' where id in (
         select id from alerts where told <> (cleared_at is null) and next_attempt_at <= now()
           and (claimed_until is null or claimed_until <= now())
         order by id limit ${MOST} for no key update skip locked)
       returning ${COLUMNS}`,
    );
    return rows;
  }

  /**
   * The message was taken. The first two go out at once, the third waits for two minutes, and each one after it for twice as
   * long, up to half an hour: an alert that comes and goes sends few messages, and the last one says what is the case.
   */
  async taken({ id, clearedAt }: Row): Promise<void> {
    await this.dataSource.query(
      `update alerts set told = $2, told_at = now(), messages = messages + 1, attempts = 0, claimed_until = null,
         next_attempt_at = now() + make_interval(mins => case when messages < 1 then 0 else least(2 ^ messages, 30)::int end)
       where id = $1`,
      [id, clearedAt === null],
    );
  }

  /** The message was taken by nobody. */
  async refused({ id }: Row): Promise<void> {
    await this.dataSource.query(
      `update alerts set attempts = attempts + 1, claimed_until = null,
         next_attempt_at = now() + make_interval(secs => ($2::float8[])[least(attempts + 1, ${RETRY_SECONDS.length})])
       where id = $1`,
      [id, RETRY_SECONDS],
    );
  }
}

const COLUMNS = `id, kind, subject, detail, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt",
  cleared_at as "clearedAt", told, told_at as "toldAt", messages`;

/** In an order, so that two processes never wait for each other in a circle. */
const SEE = `
  insert into alerts as a (id, kind, subject, detail, first_seen_at, stands_until, told, told_at)
  select id, kind, subject, detail, now() - make_interval(secs => age), now() + make_interval(secs => stands), told,
    case when told then now() end
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::boolean[])
    as g (id, kind, subject, detail, age, stands, told)
  order by kind, subject
  on conflict (kind, subject) do update set detail = excluded.detail, last_seen_at = now(), cleared_at = null,
    first_seen_at = case when a.cleared_at is null then a.first_seen_at else excluded.first_seen_at end,
    stands_until = greatest(a.stands_until, excluded.stands_until),
    messages = case when a.cleared_at < now() - interval '1 hour' then 0 else a.messages end,
    told = a.told or excluded.told, told_at = coalesce(excluded.told_at, a.told_at)`;
