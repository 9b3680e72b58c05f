import { setTimeout as sleep } from 'node:timers/promises';
import { QueryFailedError, type QueryRunner } from 'typeorm';
import type { Say } from '../../migrations/migration.js';
import { type Ask, type Blocker, blockersOf, nameOf, stillThere } from './lock-waits.js';

/** How long a migration waits for a lock while it holds none. All who come after it wait behind it meanwhile. */
const LOCK_WAIT_MS = 2_000;
/**
 * How long it waits for further ones, as a part of PostgreSQL's deadlock_timeout (1 s unless it is set). Another transaction may
 * wait for what the migration holds, and hold what it waits for. PostgreSQL looks for such circles when one has waited for that
 * time, and ends the transaction that looks: the migration has given way before another one does.
 */
const FURTHER_WAIT = 0.8;
const LOOK_EVERY_MS = 400;
const LINE_EVERY_MS = 10_000;
const LONGEST_PAUSE_MS = 10_000;

/** A step of the schema's, in a transaction of its own unless it says that it makes its own. */
export interface Step {
  readonly name: string;
  readonly inTransaction: boolean;
  readonly locks: readonly string[];
  /** Whether it was done meanwhile by a process that had taken this one for gone. */
  readonly isDone: () => Promise<boolean>;
  readonly run: () => Promise<void>;
}

/**
 * Does one step. When a lock is not had within two seconds it gives way: all is undone, those who waited behind it go on, and
 * it is tried again once the transaction in its way has ended. That may take as long as a dump does; others notice nothing of it.
 * @returns how many attempts it took
 * @throws whatever the step throws, but for locks that were not had
 */
export async function attempt(db: QueryRunner, ask: Ask, step: Step, say: Say): Promise<number> {
  for (let n = 1; ; n += 1) {
    const watch = watcher(ask);
    try {
      await once(db, step, watch.begin);
      return n;
    } catch (error) {
      if (!isLockTrouble(error)) throw error;
      const blockers = await watch.end();
      const inTheWay = blockers.map(nameOf).join(', ') || 'a transaction that has ended meanwhile';
      const of = blockers[0]?.relation ?? 'a lock';
      say(`${step.name}, attempt ${n}: ${of} was not had in time, held by ${inTheWay}. Gave way.`);
      await ended(ask, blockers, step, say);
      await sleep(Math.min(500 * 2 ** n, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
    } finally {
      await watch.end();
    }
  }
}

async function once(db: QueryRunner, step: Step, begin: (pid: number) => void): Promise<void> {
  if (step.inTransaction) await db.startTransaction();
  try {
    if (step.inTransaction) {
      await db.query(
        `select set_config('lock_timeout', '${LOCK_WAIT_MS}ms', true), set_config('statement_timeout', '0', true),
           set_config('idle_in_transaction_session_timeout', '0', true)`,
      );
    }
    const [row] = (await db.query('select pg_backend_pid() as pid')) as { pid: number }[];
    begin(row?.pid ?? 0);
    if (!(await step.isDone())) {
      await lock(db, step.locks);
      await step.run();
    }
    if (step.inTransaction) await db.commitTransaction();
  } catch (error) {
    // The connection may be lost, and with it the transaction; the first error says more.
    if (db.isTransactionActive) await db.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** The first one is waited for with nothing in hand; the others, and the statements that follow, share a shorter time. */
async function lock(db: QueryRunner, tables: readonly string[]): Promise<void> {
  const [first, ...others] = tables;
  if (first === undefined) return;
  await db.query(`lock table ${first} in access exclusive mode`);
  const [row] = (await db.query(`select setting::int as ms from pg_settings where name = 'deadlock_timeout'`)) as {
    ms: number;
  }[];
  const further = (row?.ms ?? 1_000) * FURTHER_WAIT;
  const began = performance.now();
  for (const table of [...others, undefined]) {
    const left = Math.max(Math.round(further - (performance.now() - began)), 10);
    await db.query(`select set_config('lock_timeout', '${left}ms', true)`);
    if (table) await db.query(`lock table ${table} in access exclusive mode`);
  }
}

/** Remembers whom a backend waited for last: once its wait has failed, PostgreSQL says it no more. */
function watcher(ask: Ask) {
  let seen: readonly Blocker[] = [];
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  const look = async (pid: number): Promise<void> => {
    // Nothing depends on it but what is said, and how long the pause is.
    const found = await blockersOf(ask, pid).catch(() => []);
    if (found.length > 0) seen = found;
    looking = undefined;
  };
  return {
    begin: (pid: number): void => {
      timer = setInterval(() => (looking ??= look(pid)), LOOK_EVERY_MS);
    },
    end: async (): Promise<readonly Blocker[]> => {
      clearInterval(timer);
      await looking;
      return seen;
    },
  };
}

/** Until none of these transactions runs any more: to try again before could only make others wait. */
async function ended(ask: Ask, blockers: readonly Blocker[], step: Step, say: Say): Promise<void> {
  const began = performance.now();
  let told = began;
  for (let left = blockers; left.length > 0;) {
    await sleep(LOOK_EVERY_MS);
    left = await stillThere(ask, left);
    if (left.length === 0 || performance.now() - told < LINE_EVERY_MS) continue;
    told = performance.now();
    const waited = Math.round((told - began) / 1_000);
    const names = left.map(({ pid, application }) => `${pid}${application ? ` (${application})` : ''}`).join(', ');
    say(
      `${step.name}: waiting until the transaction of process ${names} ends; ${waited} s so far. Nobody waits for this.`,
    );
  }
}

/** Not had in time (lock_timeout), or in a circle with others. */
function isLockTrouble(error: unknown): boolean {
  const cause = (error instanceof QueryFailedError ? error.driverError : error) as { code?: string };
  return cause.code === '55P03' || cause.code === '40P01';
}
