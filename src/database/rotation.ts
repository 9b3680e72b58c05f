import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type EncryptionKey, SecretBox } from '../common/secret-box.js';
import { KeysetPages } from './keyset-pages.js';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.js';

/** Rows of a batch. They are locked for as long as one statement takes, some twenty milliseconds. */
const BATCH = 500;
const PROGRESS_EVERY_MS = 5_000;
/** Between two looks at rows that others hold. */
const HELD_MS = 500;

export interface Progress {
  readonly column: string;
  /** Values of this column so far. */
  readonly done: number;
  /** Values of this column that are left. New ones are sealed with the first key, and don't count. */
  readonly rest: number;
  /** Values a second. */
  readonly rate: number;
}

interface Row {
  readonly sealed: string;
  readonly owner: string;
  readonly field: string;
  readonly [key: string]: string;
}

/**
 * Seals everything with the first key of the ring that is sealed with another one. In batches, beside the running
 * platform: a value that changes in between is left to its writer, who seals with a key of the ring; a row that somebody holds is
 * taken later, and nobody is waited for with rows in hand. What was done stays done, so that a run that was stopped is gone on with
 * by running it again.
 * @param clients two or more connections of their own: the first reads, the others write
 * @returns how many values were sealed anew
 * @throws SealBroken when a value does not open: its key is missing, or it was altered
 */
export async function rotate(
  [reader, ...writers]: readonly [Client, Client, ...Client[]],
  ring: readonly EncryptionKey[],
  onProgress: (progress: Progress) => void,
): Promise<number> {
  const box = new SecretBox(ring);
  const prefix = `v1.${ring[0]?.id ?? ''}.`;
  let total = 0;
  for (const column of SEALED_COLUMNS) {
    const rotation = new ColumnRotation(reader, writers, box, column, prefix, onProgress);
    total += await rotation.run();
  }
  // The batches did not wait for the disk. This commit does, and with it all before it.
  if (total > 0) await reader.query(`select pg_logical_emit_message(true, 'billbridge-rotation', '')`);
  return total;
}

class ColumnRotation {
  private done = 0;
  private rest = 0;
  private readonly began = performance.now();
  private told = this.began;

  constructor(
    private readonly reader: Client,
    private readonly writers: readonly Client[],
    private readonly box: SecretBox,
    private readonly column: SealedColumn,
    private readonly prefix: string,
    private readonly onProgress: (progress: Progress) => void,
  ) {}

  async run(): Promise<number> {
    const { table, column, key } = this.column;
    const { rows } = await this.reader.query<{ n: string }>(`select count(*) as n from ${table} where ${this.old}`, [
      this.prefix,
    ]);
    this.rest = Number(rows[0]?.n);
    if (this.rest === 0) return 0;
    const types = await this.typesOf(key);
    const statement = updateOf(this.column, types);
    // Once for nearly all. What somebody held is looked for again, until nothing is left.
    for (let left = 1; left > 0;) {
      left = await this.pass(statement, types);
      if (left === 0) break;
      this.rest = left;
      await sleep(HELD_MS);
    }
    this.tell(`${table}.${column}`);
    return this.done;
  }

  /** Through the whole table, in the order of its key. @returns how many values were met and could not be had */
  private async pass(statement: string, types: readonly string[]): Promise<number> {
    const { table, column, key } = this.column;
    const pages = new KeysetPages<Row>(this.reader, {
      columns: select(this.column),
      from: table,
      where: this.old,
      values: [this.prefix],
      key,
      types,
      size: BATCH,
    });
    let missed = 0;
    const write = async (writer: Client): Promise<void> => {
      for (let rows = await pages.next(); rows.length > 0; rows = await pages.next()) {
        const anew = rows.map(({ sealed, owner, field }) =>
          this.box.seal(this.box.open(sealed, owner, field), owner, field),
        );
        const { rowCount } = await writer.query({
          text: statement,
          values: [anew, rows.map(({ sealed }) => sealed), ...key.map((_, n) => rows.map((row) => row[`k${n}`]))],
        });
        const updated = rowCount ?? 0;
        missed += rows.length - updated;
        this.done += updated;
        this.rest = Math.max(0, this.rest - updated);
        if (performance.now() - this.told > PROGRESS_EVERY_MS) this.tell(`${table}.${column}`);
      }
    };
    const outcomes = await Promise.allSettled(this.writers.map((writer) => write(writer).finally(() => pages.stop())));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return missed;
  }

  /** Of a long value no more than its beginning is read. */
  private get old(): string {
    const { column } = this.column;
    return `${column} is not null and left(${column}, ${this.prefix.length}) <> $1`;
  }

  private tell(column: string): void {
    this.told = performance.now();
    const rate = Math.round(this.done / Math.max((this.told - this.began) / 1_000, 0.001));
    this.onProgress({ column, done: this.done, rest: this.rest, rate });
  }

  private async typesOf(columns: readonly string[]): Promise<string[]> {
    const { rows } = await this.reader.query<{ type: string }>(
      `select format_type(a.atttypid, a.atttypmod) as type from unnest($2::text[]) with ordinality c (name, n)
         join pg_attribute a on a.attrelid = $1::regclass and a.attname = c.name order by c.n`,
      [this.column.table, columns],
    );
    return rows.map(({ type }) => type);
  }
}

/**
 * One statement for a batch. Rows that somebody holds are left out (`skip locked`), so that it waits for nobody with others locked.
 * It does not wait for the disk either: what a crash takes back is sealed with the key of before, and the next run finds it.
 */
function updateOf({ table, column, key }: SealedColumn, types: readonly string[]): string {
  const keys = key.map((_, n) => `k${n}`);
  const same = (row: string, other: string): string =>
    key.map((name, n) => `${row}.${name} = ${other}.k${n}`).join(' and ');
  return `
    with given as materialized (
      select * from unnest($1::text[], $2::text[], ${types.map((type, n) => `$${n + 3}::${type}[]`).join(', ')})
        as g (anew, sealed, ${keys.join(', ')})
    ), free as materialized (
      select g.* from given g join ${table} t on ${same('t', 'g')} and t.${column} = g.sealed
      for no key update of t skip locked
    )
    update ${table} t set ${column} = f.anew
    from free f, (select set_config('synchronous_commit', 'off', true)) quick
    where ${same('t', 'f')}`;
}

export interface Verification {
  /** Values that open with the first key. */
  readonly sound: number;
  /** Values that need another key, or do not open at all; a line for each column and reason. */
  readonly findings: readonly string[];
}

/** Opens every value with the first key of the ring alone: whatever opens needs no retired key. */
export async function verifyKeys(client: Client, ring: readonly EncryptionKey[]): Promise<Verification> {
  const [first] = ring;
  const box = new SecretBox(first ? [first] : []);
  let sound = 0;
  const findings = new Map<string, number>();
  for (const column of SEALED_COLUMNS) {
    const name = `${column.table}.${column.column}`;
    await client.query('begin');
    await client.query(
      `declare sealed no scroll cursor for
       select ${select(column)} from ${column.table} where ${column.column} is not null`,
    );
    for (let batch = BATCH; batch === BATCH;) {
      const { rows } = await client.query<Row>(`fetch ${BATCH} from sealed`);
      for (const row of rows) {
        const keyId = row.sealed.split('.')[1] ?? '';
        if (opens(box, row)) sound += 1;
        else {
          const reason =
            keyId === first?.id ? 'does not open: altered, moved, or its key was replaced' : `needs key "${keyId}"`;
          findings.set(`${name} ${reason}`, (findings.get(`${name} ${reason}`) ?? 0) + 1);
        }
      }
      batch = rows.length;
    }
    await client.query('commit');
  }
  return { sound, findings: [...findings].map(([finding, count]) => `${finding} (${count})`) };
}

const select = ({ key, column, owner, field }: SealedColumn): string =>
  `${key.map((name, index) => `${name}::text as k${index}`).join(', ')}, ${column} as sealed,
     ${owner}::text as owner, ${field} as field`;

function opens(box: SecretBox, row: Row): boolean {
  try {
    box.open(row.sealed, row.owner, row.field);
    return true;
  } catch {
    return false;
  }
}
