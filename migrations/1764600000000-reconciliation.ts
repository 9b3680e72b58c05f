import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What Invoice Cloud says about the payments of a day, beside what we have. */
export class Reconciliation1764600000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`create table reconciliation_days (day date primary key)`);
    await db.query(`
      create table reconciliations (
        id uuid primary key,
        biller_id uuid not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        status text not null default 'running',
        requested_by text,
        total integer not null,
        compared integer not null default 0,
        counts jsonb not null default '{}',
        asked boolean not null default false,
        cursor uuid,
        leased_until timestamptz,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        constraint reconciliations_biller_fkey foreign key (biller_id) references billers (id),
        constraint reconciliations_status_check check (status in ('running', 'done'))
      )`);
    await db.query(`create index reconciliations_biller_idx on reconciliations (biller_id, id)`);
    await db.query(`create index reconciliations_running_idx on reconciliations (id) where status = 'running'`);
    await db.query(`
      create table reconciliation_items (
        reconciliation_id uuid not null,
        payment_id uuid not null,
        category text not null,
        reason text not null,
        account_number text not null,
        invoice_number text not null,
        status text not null,
        amount_due_cents bigint,
        amount_paid_cents bigint,
        refund_due_cents bigint not null,
        balance_there_cents bigint,
        primary key (reconciliation_id, payment_id),
        constraint reconciliation_items_reconciliation_fkey
          foreign key (reconciliation_id) references reconciliations (id) on delete cascade,
        constraint reconciliation_items_payment_fkey foreign key (payment_id) references payments (id),
        constraint reconciliation_items_category_check
          check (category in ('match', 'mismatch', 'missing', 'duplicate', 'conflicting'))
      )`);
    await db.query(`
      create index reconciliation_items_category_idx on reconciliation_items (reconciliation_id, category, payment_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop table reconciliation_items`);
    await db.query(`drop table reconciliations`);
    await db.query(`drop table reconciliation_days`);
  }
}
