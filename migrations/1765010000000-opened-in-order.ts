import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Openings of one invoice wait for each other: who began first is not who came first. */
export class OpenedInOrder1765010000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`alter table payments alter column created_at set default clock_timestamp()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`alter table payments alter column created_at set default now()`);
  }
}
