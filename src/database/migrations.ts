import { DataSource, type Migration as Recorded, MigrationExecutor, type QueryRunner } from 'typeorm';
import { hearProgress, type Migration, type Say } from '../../migrations/migration.js';
import { dataSourceOptions } from './database.js';
import type { Ask } from './lock-waits.js';
import { attempt, type Step } from './migration-attempts.js';
import { guarded } from './migration-guard.js';

/** A migration failed for another reason than a lock. Those before it stand. The message quotes no data. */
export class MigrationFailed extends Error {}

export interface MigrateOptions {
  /** Told what takes longer than usual: waits, attempts, pieces. */
  readonly say?: Say;
  /** In place of all of this release. */
  readonly migrations?: readonly (new () => Migration)[];
}

/**
 * Brings the schema up to date; does nothing when it is. Each migration runs in a transaction of its own, so that what is done
 * stays done. It waits two seconds for a lock, gives way, and tries again, beside the processes of the release before.
 * @returns the names of the migrations that ran
 * @throws MigrationFailed
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<readonly string[]> {
  return connected(databaseUrl, options, async (schema, say) => {
    if ((await schema.pending()).length === 0) return [];
    return guarded(schema.dataSource, say, async (stillOurs) => {
      const done: string[] = [];
      // Asked again, since another process may have migrated while this one waited.
      for (const migration of await schema.pending()) {
        await stillOurs();
        if (await schema.up(migration)) done.push(migration.name);
      }
      return done;
    });
  });
}

/**
 * Undoes migrations, from the newest back to the one that is named, which stays. With the code of the newer release, since the
 * older one does not know what to undo.
 * @returns the names of the migrations that were undone
 * @throws MigrationFailed also where a way back would lose data: its message says which
 */
export async function goBack(
  databaseUrl: string,
  to: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> {
  return connected(databaseUrl, options, async (schema, say) =>
    guarded(schema.dataSource, say, async (stillOurs) => {
      const applied = await schema.applied();
      const from = applied.findIndex(({ name }) => name === to);
      if (from < 0) throw new MigrationFailed(`the database has no migration ${to}: see npm run migrate -- --list`);
      const undone: string[] = [];
      for (const recorded of applied.slice(from + 1).reverse()) {
        await stillOurs();
        await schema.down(recorded);
        undone.push(recorded.name);
      }
      return undone;
    }),
  );
}

/** Each migration of this release and of the database, in order, and whether the database has it. */
export async function listMigrations(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<readonly { name: string; applied: boolean; known: boolean }[]> {
  return connected(databaseUrl, options, async (schema) => {
    const applied = (await schema.applied()).map(({ name }) => name);
    const known = [...schema.known.keys()];
    const names = [...applied, ...known.filter((name) => !applied.includes(name))];
    return names.map((name) => ({ name, applied: applied.includes(name), known: known.includes(name) }));
  });
}

async function connected<Result>(
  databaseUrl: string,
  { say = () => undefined, migrations }: MigrateOptions,
  work: (schema: Schema, say: Say) => Promise<Result>,
): Promise<Result> {
  // One connection migrates, one holds the guard, and one sees whom they wait for.
  const dataSource = await new DataSource({
    ...dataSourceOptions(databaseUrl, 3),
    ...(migrations && { migrations: [...migrations] }),
  }).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    hearProgress(runner, say);
    return await work(new Schema(dataSource, runner, say), say);
  } finally {
    await runner.release().catch(() => undefined);
    await dataSource.destroy();
  }
}

/** What was done of the migrations, and the doing of one. */
class Schema {
  private readonly executor: MigrationExecutor;
  private readonly ask: Ask;

  constructor(
    readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
    private readonly say: Say,
  ) {
    this.executor = new MigrationExecutor(dataSource, runner);
    this.ask = (sql, values) => dataSource.query(sql, [...values]);
  }

  /** By name, in the order they run. */
  get known(): ReadonlyMap<string, Migration> {
    return new Map(this.dataSource.migrations.map((one) => [one.name ?? one.constructor.name, one]));
  }

  pending(): Promise<Recorded[]> {
    return this.executor.getPendingMigrations();
  }

  /** Oldest first. */
  async applied(): Promise<Recorded[]> {
    const executed = await this.executor.getExecutedMigrations();
    return executed.sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** @returns false when another process had done it */
  async up(recorded: Recorded): Promise<boolean> {
    let ran = false;
    await this.attempt(recorded.name, false, async () => {
      await this.executor.executeMigration(recorded);
      ran = true;
    });
    return ran;
  }

  async down(recorded: Recorded): Promise<void> {
    await this.attempt(recorded.name, true, async (migration) => {
      await migration.down(this.runner);
      await this.executor.deleteMigration(recorded);
    });
  }

  private async attempt(name: string, back: boolean, run: (migration: Migration) => Promise<void>): Promise<void> {
    const migration = this.known.get(name);
    if (!migration) {
      throw new MigrationFailed(`this release does not know ${name}: go back with the release that made it`);
    }
    const began = performance.now();
    const step: Step = {
      name: back ? `${name}, way back` : name,
      inTransaction: migration.transaction !== false,
      locks: migration.locks ?? [],
      isDone: async () => (await this.isApplied(name)) !== back,
      run: () => run(migration),
    };
    try {
      const attempts = await attempt(this.runner, this.ask, step, this.say);
      const seconds = (performance.now() - began) / 1_000;
      if (attempts > 1 || seconds > 5)
        this.say(`${step.name}: done, attempt ${attempts}, ${seconds.toFixed(1)} s in all`);
    } catch (error) {
      const undone = step.inTransaction ? ' and was undone' : '';
      throw new MigrationFailed(`${step.name} failed${undone}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** In a transaction nobody else can do the same one until this one ends. */
  private async isApplied(name: string): Promise<boolean> {
    const [table] = (await this.runner.query(`select to_regclass('migrations') is not null as there`)) as {
      there: boolean;
    }[];
    if (!table?.there) return false;
    if (this.runner.isTransactionActive) await this.runner.query('lock table migrations in share row exclusive mode');
    const rows = (await this.runner.query('select from migrations where name = $1', [name])) as unknown[];
    return rows.length > 0;
  }
}

/** PostgreSQL's own words may quote a row; ours say what to do. */
function reasonOf(error: unknown): string {
  const { code, table, constraint } = ((error as { driverError?: unknown }).driverError ?? error) as Record<
    string,
    string
  >;
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return [`PostgreSQL's error ${code}`, table && `table ${table}`, constraint && `constraint ${constraint}`]
    .filter(Boolean)
    .join(', ');
}
