import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions, launch tickets, credential changes, and what billers allow of portals. */
export class SingleSignOn1764100000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table billers
        add column portal_origins text[] not null default '{}',
        add column return_origins text[] not null default '{}',
        add column css_origins text[] not null default '{}',
        add column css_url text`);

    await db.query(`
      create table sso_sessions (
        id uuid primary key,
        biller_id uuid not null,
        email_sealed text not null,
        token_sealed text,
        customer_guid text,
        expires_at timestamptz not null,
        created_at timestamptz not null default now(),
        constraint sso_sessions_biller_fkey foreign key (biller_id) references billers (id)
      )`);
    await db.query(`create index sso_sessions_expires_idx on sso_sessions (expires_at) where token_sealed is not null`);

    await db.query(`
      create table launch_tickets (
        digest bytea primary key,
        session_id uuid not null,
        redirect_id integer not null,
        css_url text not null,
        return_url text,
        site_name text,
        expires_at timestamptz not null,
        used_at timestamptz,
        constraint launch_tickets_session_fkey foreign key (session_id) references sso_sessions (id)
      )`);
    await db.query(`create index launch_tickets_expires_idx on launch_tickets (expires_at)`);

    await db.query(`
      create table login_attempts (
        id uuid primary key,
        user_digest bytea not null,
        attempted_at timestamptz not null default clock_timestamp(),
        wrong boolean not null default false
      )`);
    await db.query(`create index login_attempts_user_idx on login_attempts (user_digest, attempted_at)`);
    await db.query(`create index login_attempts_time_idx on login_attempts (attempted_at)`);

    await db.query(`
      create table credential_changes (
        id uuid primary key,
        biller_id uuid not null,
        status text not null,
        account_sealed text not null,
        email_sealed text not null,
        new_email_sealed text,
        new_password_sealed text,
        changes text[] not null,
        done text[] not null default '{}',
        sent_to text not null,
        address_digest bytea not null,
        token_digest bytea not null,
        failure_code text,
        claimed_until timestamptz,
        expires_at timestamptz not null,
        decided_at timestamptz,
        created_at timestamptz not null default now(),
        constraint credential_changes_biller_fkey foreign key (biller_id) references billers (id),
        constraint credential_changes_token_digest_key unique (token_digest),
        constraint credential_changes_status_check
          check (status in ('waiting', 'applying', 'applied', 'refused', 'expired', 'failed')),
        constraint credential_changes_wiped_check
          check (status in ('waiting', 'applying') or new_password_sealed is null)
      )`);
    await db.query(`
      create index credential_changes_address_idx on credential_changes (address_digest, created_at)`);
    await db.query(`
      create index credential_changes_open_idx on credential_changes (expires_at)
      where status in ('waiting', 'applying')`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['credential_changes', 'login_attempts', 'launch_tickets', 'sso_sessions']) {
      await db.query(`drop table ${table}`);
    }
    await db.query(`
      alter table billers
        drop column portal_origins, drop column return_origins, drop column css_origins, drop column css_url`);
  }
}
