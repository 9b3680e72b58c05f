import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Receipts, the states beside paid and declined, decisions on held postbacks, one page for one invoice. */
export class PaymentTruth1764300000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table payments
        drop constraint payments_status_check,
        drop constraint payments_paid_check,
        add column allow_partial boolean not null default false,
        add column minimum_due_cents bigint,
        add column terms_digest bytea,
        add column page_expires_at timestamptz,
        add column asked_at timestamptz,
        add column supersedes_id uuid,
        add column refund_due_cents bigint not null default 0,
        add constraint payments_status_check check (status in ('opening', 'open', 'failed', 'unconfirmed', 'declined',
          'expired', 'partially-paid', 'paid', 'overpaid', 'duplicate-payment')),
        add constraint payments_money_check check (
          (status in ('partially-paid', 'paid', 'overpaid', 'duplicate-payment'))
          = (payment_guid is not null and amount_paid_cents is not null)),
        add constraint payments_supersedes_fkey foreign key (supersedes_id) references payments (id)`);
    // Pages opened by an earlier release live as long as the default says.
    await db.query(`update payments set page_expires_at = opened_at + interval '1 hour' where opened_at is not null`);
    await db.query(`create index payments_expiry_idx on payments (page_expires_at) where status = 'open'`);
    await db.query(`create index payments_refund_idx on payments (id) where refund_due_cents > 0`);

    await db.query(`
      create table receipts (
        id uuid primary key,
        payment_id uuid not null,
        biller_id uuid not null,
        payment_guid text not null,
        amount_cents bigint not null,
        fee_cents bigint,
        refund_cents bigint not null default 0,
        created_at timestamptz not null default now(),
        constraint receipts_payment_fkey foreign key (payment_id) references payments (id),
        constraint receipts_biller_fkey foreign key (biller_id) references billers (id),
        constraint receipts_payment_guid_key unique (biller_id, payment_guid)
      )`);
    await db.query(`create index receipts_payment_idx on receipts (payment_id, id)`);
    await db.query(`
      insert into receipts (id, payment_id, biller_id, payment_guid, amount_cents, fee_cents, created_at)
      select gen_random_uuid(), id, biller_id, payment_guid, amount_paid_cents, fee_cents, coalesce(settled_at, updated_at)
      from payments where status = 'paid'`);
    // The receipts say it, for more than one PaymentGUID of a payment.
    await db.query(`drop index payments_payment_guid_key`);

    await db.query(`
      alter table postbacks
        drop constraint postbacks_verdict_check,
        alter column payment_id drop not null,
        add column source text not null default 'postback',
        add column decided_at timestamptz,
        add column decided_by text,
        add column decision_reason text,
        add constraint postbacks_verdict_check check (verdict in ('verified', 'held', 'rejected')),
        add constraint postbacks_source_check check (source in ('postback', 'inquiry')),
        add constraint postbacks_payment_check check (payment_id is not null or verdict <> 'held')`);
    await db.query(`create index postbacks_held_idx on postbacks (received_at) where verdict = 'held'`);
    await db.query(`create index postbacks_doubtful_idx on postbacks (verdict, id) where verdict <> 'verified'`);
    await db.query(`create unique index postbacks_unknown_key on postbacks (meaning) where payment_id is null`);
    await db.query(`create index postbacks_unknown_idx on postbacks (received_at) where payment_id is null`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`delete from postbacks where payment_id is null or source = 'inquiry'`);
    await db.query(`drop index postbacks_unknown_key`);
    await db.query(`drop index postbacks_unknown_idx`);
    await db.query(`drop index postbacks_doubtful_idx`);
    await db.query(`drop index postbacks_held_idx`);
    await db.query(`update postbacks set verdict = 'held' where verdict = 'rejected'`);
    await db.query(`
      alter table postbacks
        drop constraint postbacks_payment_check,
        drop constraint postbacks_source_check,
        drop constraint postbacks_verdict_check,
        drop column source,
        drop column decided_at,
        drop column decided_by,
        drop column decision_reason,
        alter column payment_id set not null,
        add constraint postbacks_verdict_check check (verdict in ('verified', 'held'))`);
    await db.query(`drop table receipts`);
    await db.query(`drop index payments_expiry_idx`);
    await db.query(`drop index payments_refund_idx`);
    await db.query(`
      alter table payments
        drop constraint payments_status_check,
        drop constraint payments_money_check,
        drop constraint payments_supersedes_fkey,
        drop column allow_partial,
        drop column minimum_due_cents,
        drop column terms_digest,
        drop column page_expires_at,
        drop column asked_at,
        drop column supersedes_id,
        drop column refund_due_cents`);
    // The older release knows neither receipts nor money in part: what it can't say truly, it shows for review.
    await db.query(`
      update payments set status = case when status in ('overpaid', 'duplicate-payment') then 'paid'
          when status in ('expired', 'partially-paid') then 'open' when status = 'unconfirmed' then 'failed' end,
        needs_review = true
      where status in ('overpaid', 'duplicate-payment', 'partially-paid', 'expired', 'unconfirmed')`);
    await db.query(`
      alter table payments
        add constraint payments_status_check check (status in ('opening', 'open', 'failed', 'paid', 'declined')),
        add constraint payments_paid_check
          check (status <> 'paid' or (payment_guid is not null and amount_paid_cents is not null))`);
    await db.query(`
      create unique index payments_payment_guid_key on payments (biller_id, payment_guid)
      where payment_guid is not null`);
  }
}
