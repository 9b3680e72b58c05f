import type { Client } from 'pg';
import { type EncryptionKey, SecretBox } from '../../src/common/secret-box.js';
import { SEALED_COLUMNS, type SealedColumn } from '../../src/database/sealed-columns.js';

const BATCH = 500;

export interface Progress {
  readonly column: string;
  /** Values of this column so far. */
  readonly done: number;
}

interface Row {
  readonly sealed: string;
  readonly owner: string;
  readonly field: string;
  readonly [key: string]: string;
}

/**
 * As the platform rotated until November 2026, word for word: a statement for each value, each batch looked for from the table's
 * beginning. The measure of what came after it.
 *
 * Seals everything with the first key of the ring that is sealed with another one. In batches, beside the running
 * platform: a value that changes in between is left to its writer, who seals with a key of the ring. What was done stays
 * done, so that a run that was stopped is gone on with by running it again.
 * @throws SealBroken when a value does not open: its key is missing, or it was altered
 */
export async function rotate(
  client: Client,
  ring: readonly EncryptionKey[],
  onProgress: (progress: Progress) => void,
): Promise<number> {
  const box = new SecretBox(ring);
  const first = ring[0]?.id ?? '';
  let total = 0;
  for (const column of SEALED_COLUMNS) {
    const name = `${column.table}.${column.column}`;
    for (let done = 0, batch = BATCH; batch === BATCH;) {
      const { rows } = await client.query<Row>(
        `${select(column)} where ${column.column} is not null and ${column.column} not like $1 limit ${BATCH}`,
        [`v1.${like(first)}.%`],
      );
      for (const row of rows) {
        const anew = box.seal(box.open(row.sealed, row.owner, row.field), row.owner, row.field);
        const keys = column.key.map((key, index) => `${key} = $${index + 3}`).join(' and ');
        await client.query(`update ${column.table} set ${column.column} = $1 where ${column.column} = $2 and ${keys}`, [
          anew,
          row.sealed,
          ...column.key.map((_, index) => row[`k${index}`]),
        ]);
      }
      batch = rows.length;
      done += batch;
      total += batch;
      if (batch > 0) onProgress({ column: name, done });
    }
  }
  return total;
}

const select = ({ table, key, column, owner, field }: SealedColumn): string =>
  `select ${key.map((name, index) => `${name}::text as k${index}`).join(', ')}, ${column} as sealed,
     ${owner}::text as owner, ${field} as field from ${table}`;

const like = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
