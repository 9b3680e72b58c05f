import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Partners, billers, payments, postbacks and deliveries. */
export class Foundation1764000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table partners (
        id uuid primary key,
        name text not null,
        webhook_secret text not null,
        created_at timestamptz not null default now(),
        constraint partners_name_key unique (name)
      )`);

    await db.query(`
      create table billers (
        id uuid primary key,
        partner_id uuid not null,
        name text not null,
        dba text not null,
        biller_guid uuid not null,
        mode text not null,
        invoice_cloud_url text,
        cloud_pay_policy jsonb not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint billers_partner_fkey foreign key (partner_id) references partners (id),
        constraint billers_biller_guid_key unique (biller_guid),
        constraint billers_mode_check check (mode in ('test', 'live'))
      )`);
    await db.query(`create index billers_partner_id_idx on billers (partner_id, id)`);

    await db.query(`
      create table partner_keys (
        id uuid primary key,
        partner_id uuid not null,
        biller_id uuid,
        name text not null,
        mode text not null,
        digest bytea not null,
        last_four text not null,
        scopes text[] not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        constraint partner_keys_partner_fkey foreign key (partner_id) references partners (id),
        constraint partner_keys_biller_fkey foreign key (biller_id) references billers (id),
        constraint partner_keys_digest_key unique (digest),
        constraint partner_keys_mode_check check (mode in ('test', 'live'))
      )`);
    await db.query(`create index partner_keys_partner_id_idx on partner_keys (partner_id)`);

    await db.query(`
      create table invoice_cloud_keys (
        id uuid primary key,
        biller_id uuid not null,
        version integer not null,
        sealed text not null,
        last_four text not null,
        set_at timestamptz not null default now(),
        constraint invoice_cloud_keys_biller_fkey foreign key (biller_id) references billers (id),
        constraint invoice_cloud_keys_version_key unique (biller_id, version)
      )`);

    await db.query(`
      create table setting_definitions (
        id integer primary key,
        name text not null,
        type text not null,
        unique_per_biller boolean not null,
        constraint setting_definitions_type_check check (type in ('url'))
      )`);
    await db.query(`
      insert into setting_definitions (id, name, type, unique_per_biller)
      values (36, 'SSO - One Time Payment ReturnUrl', 'url', true)`);
    await db.query(`
      create table biller_settings (
        biller_id uuid not null,
        setting_id integer not null,
        value text not null,
        updated_at timestamptz not null default now(),
        primary key (biller_id, setting_id),
        constraint biller_settings_biller_fkey foreign key (biller_id) references billers (id),
        constraint biller_settings_setting_fkey foreign key (setting_id) references setting_definitions (id)
      )`);

    await db.query(`
      create table payments (
        id uuid primary key,
        biller_id uuid not null,
        partner_id uuid not null,
        status text not null,
        account_number text not null,
        invoice_number text not null,
        biller_reference text,
        amount_due_cents bigint,
        hosted_page_sealed text,
        postback_url text,
        capability_digest bytea not null,
        payment_guid text,
        amount_paid_cents bigint,
        fee_cents bigint,
        failure_code text,
        failure_detail text,
        needs_review boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        opened_at timestamptz,
        settled_at timestamptz,
        constraint payments_biller_fkey foreign key (biller_id) references billers (id),
        constraint payments_partner_fkey foreign key (partner_id) references partners (id),
        constraint payments_capability_digest_key unique (capability_digest),
        constraint payments_status_check
          check (status in ('opening', 'open', 'failed', 'paid', 'declined')),
        constraint payments_paid_check check (status <> 'paid' or (payment_guid is not null and amount_paid_cents is not null))
      )`);
    // One PaymentGUID settles one payment of a biller, not two, not even from two connections at once.
    await db.query(`
      create unique index payments_payment_guid_key on payments (biller_id, payment_guid)
      where payment_guid is not null`);
    await db.query(`create index payments_opening_idx on payments (created_at) where status = 'opening'`);
    // One index per filter of the list, each ending in the id it is paged by.
    await db.query(`create index payments_biller_idx on payments (biller_id, id)`);
    await db.query(`create index payments_status_idx on payments (biller_id, status, id)`);
    await db.query(`create index payments_invoice_idx on payments (biller_id, invoice_number, id)`);
    await db.query(`create index payments_account_idx on payments (biller_id, account_number, id)`);

    await db.query(`
      create table payment_events (
        id uuid primary key,
        payment_id uuid not null,
        type text not null,
        data jsonb not null,
        created_at timestamptz not null default clock_timestamp(),
        constraint payment_events_payment_fkey foreign key (payment_id) references payments (id)
      )`);
    await db.query(`create index payment_events_payment_idx on payment_events (payment_id, id)`);

    await db.query(`
      create table idempotency_keys (
        partner_id uuid not null,
        biller_id uuid not null,
        key text not null,
        fingerprint bytea not null,
        payment_id uuid,
        answer_sealed text,
        locked_until timestamptz not null,
        created_at timestamptz not null default now(),
        primary key (partner_id, biller_id, key),
        constraint idempotency_keys_partner_fkey foreign key (partner_id) references partners (id),
        constraint idempotency_keys_biller_fkey foreign key (biller_id) references billers (id)
      )`);
    await db.query(`create index idempotency_keys_created_idx on idempotency_keys (created_at)`);

    await db.query(`
      create table postbacks (
        id uuid primary key,
        payment_id uuid not null,
        verdict text not null,
        reasons text[] not null,
        payment_guid text,
        meaning bytea not null,
        raw_sealed text not null,
        received_at timestamptz not null default now(),
        constraint postbacks_payment_fkey foreign key (payment_id) references payments (id),
        constraint postbacks_verdict_check check (verdict in ('verified', 'held'))
      )`);
    // The same message again is one message, whatever connection it comes in on.
    await db.query(`create unique index postbacks_meaning_key on postbacks (payment_id, meaning)`);

    await db.query(`
      create table deliveries (
        id uuid primary key,
        partner_id uuid not null,
        subject_id uuid not null,
        url text not null,
        content_type text not null,
        body_sealed text not null,
        status text not null,
        attempts integer not null default 0,
        last_status integer,
        last_error text,
        next_attempt_at timestamptz,
        delivered_at timestamptz,
        created_at timestamptz not null default now(),
        constraint deliveries_partner_fkey foreign key (partner_id) references partners (id),
        constraint deliveries_status_check check (status in ('pending', 'delivered', 'parked'))
      )`);
    await db.query(`create index deliveries_subject_idx on deliveries (subject_id, id)`);
    await db.query(`create index deliveries_pending_idx on deliveries (next_attempt_at) where status = 'pending'`);
    await db.query(`create index deliveries_delivered_idx on deliveries (delivered_at) where status = 'delivered'`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [
      'deliveries',
      'postbacks',
      'idempotency_keys',
      'payment_events',
      'payments',
      'biller_settings',
      'setting_definitions',
      'invoice_cloud_keys',
      'partner_keys',
      'billers',
      'partners',
    ]) {
      await db.query(`drop table ${table}`);
    }
  }
}
