import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Say } from '../../migrations/migration.js';

/** So that of several processes that start at once one migrates and the others wait. Any constant would do. */
const MIGRATION_LOCK = 4_815_162_342;
const LOOK_EVERY_MS = 500;
const LINE_EVERY_MS = 10_000;

/**
 * Does what one process at a time may do; the others say that they wait, and go on when it has ended, however it ended.
 *
 * The lock belongs to a transaction that is kept open, not to a session: behind a pooler in transaction mode a session's lock
 * would stay with a connection that others use. Such a transaction sees nothing, and so holds no vacuum back.
 */
export async function guarded<Result>(
  dataSource: DataSource,
  say: Say,
  work: (stillOurs: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const guard = dataSource.createQueryRunner();
  try {
    await take(guard, say);
    // A connection that is lost lets the lock go, and another process may have begun.
    const result = await work(async () => void (await guard.query('select 1')));
    await guard.rollbackTransaction();
    return result;
  } finally {
    await guard.release();
  }
}

async function take(guard: QueryRunner, say: Say): Promise<void> {
  const began = performance.now();
  for (let told = -Infinity; ; await sleep(LOOK_EVERY_MS * (0.5 + Math.random()))) {
    await guard.startTransaction();
    await guard.query(`select set_config('idle_in_transaction_session_timeout', '0', true)`);
    const [row] = (await guard.query('select pg_try_advisory_xact_lock($1) as taken', [MIGRATION_LOCK])) as {
      taken: boolean;
    }[];
    if (row?.taken) return;
    if (performance.now() - told > LINE_EVERY_MS) {
      told = performance.now();
      const waited = Math.round((told - began) / 1_000);
      say(`waiting for another process, which migrates: ${await holderOf(guard)}; ${waited} s so far`);
    }
    await guard.rollbackTransaction();
  }
}

async function holderOf(guard: QueryRunner): Promise<string> {
  // An advisory lock's 64 bits stand in two columns.
  const [row] = (await guard.query(
    `select l.pid, coalesce(host(a.client_addr), 'a socket') as "from"
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and (l.classid::bigint << 32) + l.objid::bigint = $1 and l.database = (
         select oid from pg_database where datname = current_database())`,
    [MIGRATION_LOCK],
  )) as { pid: number; from: string }[];
  return row ? `PostgreSQL's process ${row.pid}, from ${row.from}` : 'it has just ended';
}
