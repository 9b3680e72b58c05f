import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ways back from Invoice Cloud's pages that lead through a page of ours. */
export class ReturnPage1764700000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table return_tickets (
        digest bytea primary key,
        biller_id uuid not null,
        payment_id uuid,
        portal_origin text not null,
        return_url text not null,
        expires_at timestamptz not null,
        constraint return_tickets_biller_fkey foreign key (biller_id) references billers (id),
        constraint return_tickets_payment_fkey foreign key (payment_id) references payments (id)
      )`);
    await db.query(`create index return_tickets_expires_idx on return_tickets (expires_at)`);
    await db.query(`alter table launch_tickets add column portal_origin text`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`alter table launch_tickets drop column portal_origin`);
    await db.query(`drop table return_tickets`);
  }
}
