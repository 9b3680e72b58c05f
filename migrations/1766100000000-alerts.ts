import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alerts are told once for all processes. */
export class Alerts1766100000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table alerts (
        id uuid primary key,
        kind text not null,
        subject text not null,
        detail text not null,
        first_seen_at timestamptz not null default now(),
        last_seen_at timestamptz not null default now(),
        stands_until timestamptz not null,
        cleared_at timestamptz,
        told boolean not null default false,
        told_at timestamptz,
        messages integer not null default 0,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        claimed_until timestamptz,
        constraint alerts_name_key unique (kind, subject)
      )`);
    await db.query(`create index alerts_standing_idx on alerts (stands_until) where cleared_at is null`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table alerts');
  }
}
