import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration, with what the runner (src/database/migrate.ts) can be told about it. */
export interface Migration extends MigrationInterface {
  /**
   * Tables that are locked for it alone before it begins, in this order. A migration that changes more than one table of before,
   * or refers to one, names all of them, those first that requests write first (payments): others never wait longer for several
   * locks than for one, and no circle of waits ends with another's transaction. A test finds what is not named.
   */
  readonly locks?: readonly string[];
}

/** Takes one line of progress. */
export type Say = (line: string) => void;

/** Whoever runs migrations may want to hear how far they are. */
export function hearProgress(db: QueryRunner, say: Say): void {
  db.data['say'] = say;
}

/** Tells whoever runs the migration how far it is. */
export function tellProgress(db: QueryRunner, line: string): void {
  const { say } = db.data as { say?: Say };
  say?.(line);
}
