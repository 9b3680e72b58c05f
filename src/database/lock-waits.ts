/** Asks on a connection that is not the one that waits. */
export type Ask = <Row>(sql: string, values: readonly unknown[]) => Promise<Row[]>;

/** A transaction that another one waits for. */
export interface Blocker {
  /** 0 for a prepared transaction, which has no process. */
  readonly pid: number;
  /** Names the transaction, and is not used again. */
  readonly transaction: string;
  readonly application: string | null;
  /** Seconds since the transaction began; null where this role may not see it. */
  readonly age: number | null;
  /** The table that is waited for; null where it is a row. */
  readonly relation: string | null;
}

/**
 * Whom a backend waits for at this moment. Those that only stand before it in the queue are not named: they wait themselves.
 * No statement of anybody is read, since it may hold a payer's data.
 */
export const blockersOf = (ask: Ask, pid: number): Promise<Blocker[]> =>
  ask<Blocker>(
    `select b.pid, h.virtualtransaction as transaction, nullif(a.application_name, '') as application,
       extract(epoch from clock_timestamp() - a.xact_start)::int as age, w.relation::regclass::text as relation
     from pg_locks w
       cross join unnest(pg_blocking_pids($1)) b (pid)
       join pg_locks h on h.granted and coalesce(h.pid, 0) = b.pid and h.locktype = w.locktype
         and h.relation is not distinct from w.relation and h.transactionid is not distinct from w.transactionid
       left join pg_stat_activity a on a.pid = b.pid
     where w.pid = $1 and not w.granted
     order by a.xact_start nulls first, b.pid`,
    [pid],
  );

/** Those that have not ended yet. */
export async function stillThere(ask: Ask, blockers: readonly Blocker[]): Promise<readonly Blocker[]> {
  const rows = await ask<{ transaction: string; pid: number }>(
    `select distinct virtualtransaction as transaction, coalesce(pid, 0) as pid from pg_locks
     where virtualtransaction = any ($1)`,
    [blockers.map(({ transaction }) => transaction)],
  );
  return blockers.filter((one) => rows.some((row) => row.transaction === one.transaction && row.pid === one.pid));
}

/** @example 'process 4711 (pg_dump, its transaction is 12 s old)' */
export function nameOf({ pid, application, age }: Blocker): string {
  if (pid === 0) return 'a prepared transaction (see pg_prepared_xacts)';
  const old =
    age === null ? 'the age of its transaction is not for this role to see' : `its transaction is ${age} s old`;
  return `process ${pid} (${application ?? 'without application_name'}, ${old})`;
}
