import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Replays of test billers have a place in the row of their own. */
export class ReplaysByMode1765050000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`alter table partners add column test_replays_until timestamptz`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`alter table partners drop column test_replays_until`);
  }
}
