import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { DataSource, EntityTarget } from 'typeorm';
import { isOwnFault } from './postgres-errors.js';

/** A statement that PostgreSQL plans once a connection, and not at every call. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** Named by its text, so that two releases on one pooler never mean different things by one name. */
export const prepared = (text: string): Prepared => ({
  name: `bb_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  text,
});

/** How long a statement that is made for many waits for a lock. */
export const BRIEF = '50ms';

/**
 * A row to select from, in a statement that is made for many: nobody waits long for one whose row is locked. The lock that is
 * not had in time is an error (55P03), and each is then tried alone.
 * @param timeout an expression of SQL
 */
export const briefly = (timeout = `'${BRIEF}'`): string =>
  `(select set_config('lock_timeout', ${timeout}, true)) as briefly`;

/**
 * For a batch that is numbered as `g.n`: always true, and taken for rare, since an expression has no statistics. Without it an
 * array of which nothing is known is taken for ten rows and one of one element for one, so that PostgreSQL, for as long as it gets
 * single ones, finds its own general plan too dear and makes a new one each time: 0.4 ms, twice what doing it takes.
 */
export const FEW = 'g.n + 0 = g.n';

/** Runs one statement: in one round trip, and for that statement alone its own transaction. */
export type Run = <Row extends object>(statement: Prepared, values: readonly unknown[]) => Promise<Row[]>;

/** On a connection of the pool that no other has meanwhile. */
export const run = <Row extends object>(
  dataSource: DataSource,
  statement: Prepared,
  values: readonly unknown[],
): Promise<Row[]> => new Lane(dataSource).run<Row>(statement, values);

/** After so long a lane gives its connection back, so that one whose life has ended is closed. Milliseconds. */
const LANE_MS = 30_000;

interface Held {
  readonly client: Promise<PoolClient>;
  /** By `performance.now()`. */
  readonly since: number;
  /** It is there, and who waits at the pool is not us. */
  had: boolean;
  underWay: number;
  broken: boolean;
}

/**
 * One connection of the pool for statements that are sent without waiting for the answer to the one before (pg's pipeline):
 * PostgreSQL goes from one to the next, however busy this process is. The pool has it back when nothing is under way, and others
 * who wait for a connection are not passed over.
 */
export class Lane {
  private held: Held | undefined;

  constructor(private readonly dataSource: DataSource) {}

  async run<Row extends object>({ name, text }: Prepared, values: readonly unknown[]): Promise<Row[]> {
    const held = this.hold();
    held.underWay += 1;
    try {
      const client = await held.client;
      held.had = true;
      return (await client.query<Row>({ name, text, values: [...values] })).rows;
    } catch (error) {
      // The pool's own `query` closes the connection at any error. What PostgreSQL has refused leaves it as sound as it was, with
      // all its plans.
      if (!isOwnFault(error)) {
        held.broken = true;
        this.leave(held);
      }
      throw error;
    } finally {
      held.underWay -= 1;
      if (held.underWay === 0) {
        this.leave(held);
        // One that was never had has been reported above.
        held.client.then(
          (client) => client.release(held.broken),
          () => undefined,
        );
      }
    }
  }

  /** Its answer is overdue: whoever is on it stays on it, and what comes later gets another connection. */
  renew(): void {
    this.held = undefined;
  }

  private hold(): Held {
    const { master } = this.dataSource.driver as unknown as { master: Pool };
    const now = performance.now();
    // Who asks while one is idle counts as waiting until the next tick.
    const wanted = this.held?.had && master.waitingCount > master.idleCount;
    if (this.held && (wanted || now - this.held.since > LANE_MS)) this.leave(this.held);
    return (this.held ??= { client: master.connect(), since: now, had: false, underWay: 0, broken: false });
  }

  /** Whoever is on it stays on it; the next one gets another. */
  private leave(held: Held): void {
    if (this.held === held) this.held = undefined;
  }
}

/**
 * Reads rows of an entity, as TypeORM's own find does, prepared and without its detours.
 * @param properties those that are read; all of them if none are named
 * @returns a function of what follows `from`, of which there are few texts: each is planned once a connection
 */
export function reader<Entity extends object, Property extends keyof Entity & string = keyof Entity & string>(
  dataSource: DataSource,
  entity: EntityTarget<Entity>,
  properties?: readonly Property[],
) {
  const { columns: all, tableName } = dataSource.getMetadata(entity);
  const columns = properties ? all.filter(({ propertyName }) => properties.includes(propertyName as Property)) : all;
  const listed = columns.map(({ databaseName, propertyName }) => `"${databaseName}" as "${propertyName}"`);
  const statements = new Map<string, Prepared>();
  const driver = dataSource.driver;
  return async (rest: string, values: readonly unknown[]): Promise<Pick<Entity, Property>[]> => {
    const statement = statements.get(rest) ?? prepared(`select ${listed.join(', ')} from "${tableName}" ${rest}`);
    statements.set(rest, statement);
    const rows = await run<Record<string, unknown>>(dataSource, statement, values);
    for (const row of rows) {
      for (const column of columns) {
        row[column.propertyName] = driver.prepareHydratedValue(row[column.propertyName], column) as unknown;
      }
    }
    return rows as Pick<Entity, Property>[];
  };
}

/** Finds one row of an entity by a condition. */
export function finder<Entity extends object>(dataSource: DataSource, entity: EntityTarget<Entity>, where: string) {
  const read = reader(dataSource, entity);
  return async (values: readonly unknown[]): Promise<Entity | null> =>
    ((await read(`where ${where} limit 1`, values))[0] as Entity | undefined) ?? null;
}
