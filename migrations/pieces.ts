import type { QueryRunner } from 'typeorm';
import { tellProgress } from './migration.js';

/** Rows of a table that are still to be changed, and how. All four are SQL. */
export interface Change {
  readonly table: string;
  /** The columns of its primary key, in order. */
  readonly key: readonly string[];
  /** Which rows are still to be changed. It must be false for a row that was changed: that makes the change resumable. */
  readonly where: string;
  readonly set: string;
}

const ROWS_A_PIECE = 1_000;
const LINE_EVERY_MS = 5_000;

interface Piece {
  readonly changed: number;
  /** The key of the last row as text; null when there was none. */
  readonly last: readonly string[] | null;
}

/**
 * Changes many rows in pieces of 1,000, each in a transaction of its own, in the order of their keys, beside the running
 * platform: no row stays locked for longer than one piece takes. For a migration with `transaction = false`. What was done stays
 * done when it is stopped, and the next run goes on from there. A piece waits two seconds for a lock (55P03) and is then tried
 * again by the runner, with the whole migration.
 *
 * @returns how many rows were changed
 */
export async function inPieces(db: QueryRunner, change: Change, size = ROWS_A_PIECE): Promise<number> {
  if (db.isTransactionActive) throw new Error('inPieces is for a migration with "transaction = false"');
  const began = performance.now();
  let told = began;
  let changed = 0;
  for (let last: Piece['last'] = null; ;) {
    const piece = await one(db, change, size, last);
    changed += piece.changed;
    last = piece.last;
    const now = performance.now();
    if (changed > 0 && (last === null || now - told > LINE_EVERY_MS)) {
      told = now;
      const rate = Math.round(changed / Math.max((now - began) / 1_000, 0.001));
      tellProgress(db, `${change.table}: ${changed} rows changed, ${rate} a second${last === null ? ', done' : ''}`);
    }
    if (last === null) return changed;
  }
}

async function one(db: QueryRunner, change: Change, size: number, last: Piece['last']): Promise<Piece> {
  const { table, key, where, set } = change;
  const keys = key.join(', ');
  const after = last ? `and (${keys}) > (${key.map((_, n) => `$${n + 1}`).join(', ')})` : '';
  await db.startTransaction();
  try {
    await db.query(`set local lock_timeout = '2s'`);
    // Whoever deletes or changes a row meanwhile has done it before it is locked here, and `where` is asked again.
    const [piece] = (await db.query(
      `with rows as materialized (
         select ${keys} from ${table} where (${where}) ${after} order by ${keys} limit ${size} for no key update
       ), done as (
         update ${table} t set ${set} from rows where ${key.map((name) => `t.${name} = rows.${name}`).join(' and ')}
         returning 1
       )
       select (select count(*)::int from done) as changed,
         (select array[${key.map((name) => `${name}::text`).join(', ')}] from rows order by ${key.map((name) => `${name} desc`).join(', ')} limit 1) as last`,
      last ? [...last] : [],
    )) as [Piece];
    await db.commitTransaction();
    return piece;
  } catch (error) {
    await db.rollbackTransaction();
    throw error;
  }
}

/**
 * Makes an index without keeping anybody from reading or writing. It takes longer than the usual way, since it waits for the
 * transactions that run. For a migration with `transaction = false`. What a run that was stopped has left half made is made anew.
 * @param definition what follows the index's name: `on payments (id)`
 */
export async function indexBeside(db: QueryRunner, name: string, definition: string, unique = false): Promise<void> {
  if (db.isTransactionActive) throw new Error('indexBeside is for a migration with "transaction = false"');
  const [found] = (await db.query(`select indisvalid as whole from pg_index where indexrelid = to_regclass($1)`, [
    name,
  ])) as { whole: boolean }[];
  if (found?.whole) return;
  tellProgress(db, `making the index ${name}, beside whoever reads and writes`);
  if (found) await db.query(`drop index concurrently ${name}`);
  await db.query(`create ${unique ? 'unique ' : ''}index concurrently ${name} ${definition}`);
}
