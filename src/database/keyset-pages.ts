import type { Client } from 'pg';

export interface Keyset {
  /** SQL of what is read; the key's columns as text in it, named k0, k1, …. */
  readonly columns: string;
  readonly from: string;
  readonly where: string;
  /** Of the parameters of `where`. */
  readonly values: readonly unknown[];
  readonly key: readonly string[];
  /** The types of the key's columns, in SQL. */
  readonly types: readonly string[];
  /** Rows of a page. */
  readonly size: number;
}

/**
 * A table page by page, in the order of its key: each page begins behind the last row of the one before, and nothing is read
 * twice. One page is read ahead. Several may take pages at the same time.
 */
export class KeysetPages<Row extends Readonly<Record<string, string>>> {
  private coming: Promise<Row[]>;
  private stopped = false;

  constructor(
    private readonly client: Client,
    private readonly set: Keyset,
  ) {
    this.coming = this.read(undefined);
  }

  /** @returns no rows when there are no more */
  next(): Promise<Row[]> {
    const page = this.coming;
    this.coming = page.then((rows) => (rows.length < this.set.size ? [] : this.read(rows.at(-1))));
    // Whoever asks for that page hears of it.
    this.coming.catch(() => undefined);
    return page;
  }

  /** Nothing more is read. */
  stop(): void {
    this.stopped = true;
  }

  private async read(last: Row | undefined): Promise<Row[]> {
    if (this.stopped) return [];
    const { columns, from, where, values, key, types, size } = this.set;
    const bounds = types.map((type, n) => `$${values.length + n + 1}::${type}`).join(', ');
    const after = last ? `and (${key.join(', ')}) > (${bounds})` : '';
    const { rows } = await this.client.query<Row>(
      `select ${columns} from ${from} where ${where} ${after} order by ${key.join(', ')} limit ${size}`,
      [...values, ...(last ? key.map((_, n) => last[`k${n}`]) : [])],
    );
    return rows;
  }
}
