import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What billers say about calls to Invoice Cloud, and the turns of those that have a limit. */
export class OutgoingCalls1764500000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table billers
        add column outbound_per_second numeric(6, 2),
        add column ask_invoice_status boolean not null default false,
        add column hosted_page_seconds integer,
        add constraint billers_outbound_check check (outbound_per_second > 0)`);
    // Unlogged: written at every call of a limited biller, and worth nothing a second later.
    await db.query(`
      create unlogged table invoice_cloud_pace (
        biller_id uuid primary key,
        next_at timestamptz not null
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop table invoice_cloud_pace`);
    await db.query(`
      alter table billers
        drop column outbound_per_second, drop column ask_invoice_status, drop column hosted_page_seconds`);
  }
}
