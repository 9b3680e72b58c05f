import type { MigrationInterface, QueryRunner } from 'typeorm';

/** After a restore, a biller's openings wait until somebody has looked, or the pages of that time have ended. */
export class Restores1766110000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `alter table billers add column unsettled_since timestamptz, add column unsettled_until timestamptz`,
    );
    await db.query(`create index billers_unsettled_idx on billers (unsettled_until) where unsettled_until is not null`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('alter table billers drop column unsettled_since, drop column unsettled_until');
  }
}
