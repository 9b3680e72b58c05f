import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  ['receipts', 'created_at'],
  ['biller_setting_changes', 'set_at'],
] as const;

/** What is listed by the time at which it was written says when that was, and not when its transaction began. */
export class OrderOfEvents1765000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const [table, column] of TABLES) {
      await db.query(`alter table ${table} alter column ${column} set default clock_timestamp()`);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [table, column] of TABLES) {
      await db.query(`alter table ${table} alter column ${column} set default now()`);
    }
  }
}
