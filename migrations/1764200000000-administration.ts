import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Administrators and their audit trail; versions of secrets; kinds of settings; scopes of partner keys. */
export class Administration1764200000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table billers
        add column virtual_site_url text,
        add column sso_token_seconds integer,
        add column deactivated_at timestamptz,
        add column revision integer not null default 1`);
    // For the list: each order it offers ends in the id it is paged by; search is by the beginning of a word's text.
    await db.query(`create index billers_name_idx on billers (lower(name), id)`);
    await db.query(`create index billers_dba_idx on billers (lower(dba), id)`);
    await db.query(`create index billers_name_search_idx on billers (lower(name) text_pattern_ops)`);
    await db.query(`create index billers_dba_search_idx on billers (lower(dba) text_pattern_ops)`);

    await db.query(`
      alter table invoice_cloud_keys
        drop constraint invoice_cloud_keys_version_key,
        add column kind text not null default 'api-key',
        add column set_by text not null default 'unknown',
        add column is_current boolean not null default false,
        add column retired_at timestamptz,
        add column usable_until timestamptz,
        alter column sealed drop not null,
        add constraint invoice_cloud_keys_version_key unique (biller_id, kind, version),
        add constraint invoice_cloud_keys_kind_check check (kind in ('api-key', 'web-service-key')),
        add constraint invoice_cloud_keys_current_check check (not is_current or sealed is not null)`);
    await db.query(`
      update invoice_cloud_keys k set is_current = true
      where version = (select max(version) from invoice_cloud_keys o where o.biller_id = k.biller_id)`);
    await db.query(`
      create unique index invoice_cloud_keys_current_key on invoice_cloud_keys (biller_id, kind) where is_current`);

    await db.query(`
      alter table setting_definitions
        drop constraint setting_definitions_type_check,
        add column default_value text,
        add column choices text[],
        add column workflow text,
        add constraint setting_definitions_type_check check (type in ('text', 'number', 'boolean', 'url', 'choice')),
        add constraint setting_definitions_choices_check check ((type = 'choice') = (choices is not null))`);
    await db.query(`update setting_definitions set workflow = 'sso/one-time-payments, cloud-pay' where id = 36`);
    await db.query(`
      create table biller_setting_changes (
        id uuid primary key,
        biller_id uuid not null,
        setting_id integer not null,
        value text,
        set_by text not null,
        set_at timestamptz not null default now(),
        constraint biller_setting_changes_biller_fkey foreign key (biller_id) references billers (id),
        constraint biller_setting_changes_setting_fkey foreign key (setting_id) references setting_definitions (id)
      )`);
    await db.query(`
      create index biller_setting_changes_setting_idx on biller_setting_changes (biller_id, setting_id, id)`);
    await db.query(`create index biller_settings_value_idx on biller_settings (setting_id, md5(value))`);

    await db.query(`
      alter table partner_keys
        add column biller_ids uuid[],
        add column allowed_ips text[] not null default '{}',
        add column last_used_at timestamptz,
        add column rolled_from uuid`);
    await db.query(`update partner_keys set biller_ids = array[biller_id] where biller_id is not null`);
    await db.query(`alter table partner_keys drop column biller_id`);

    await db.query(`
      create table admin_keys (
        id uuid primary key,
        name text not null,
        role text not null,
        digest bytea not null,
        last_four text not null,
        allowed_ips text[] not null default '{}',
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        rolled_from uuid,
        constraint admin_keys_digest_key unique (digest),
        constraint admin_keys_role_check check (role in ('owner', 'operator', 'auditor'))
      )`);

    await db.query(`
      create table audit_events (
        seq bigint primary key,
        id uuid not null,
        at timestamptz not null,
        actor text not null,
        action text not null,
        target text not null,
        before jsonb,
        after jsonb,
        ip text not null,
        request_id text not null,
        prev_hash bytea not null,
        hash bytea not null,
        constraint audit_events_id_key unique (id)
      )`);
    await db.query(`create index audit_events_target_idx on audit_events (target, seq)`);
    await db.query(`create index audit_events_actor_idx on audit_events (actor, seq)`);
    await db.query(`create index audit_events_action_idx on audit_events (action, seq)`);
    // The end of the chain, so that the last event can't be cut off unseen. Its row is the lock that orders events.
    await db.query(`
      create table audit_head (
        id boolean primary key default true,
        seq bigint not null,
        hash bytea not null,
        constraint audit_head_one_check check (id)
      )`);
    await db.query(`insert into audit_head (seq, hash) values (0, '\\x00')`);
    await db.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
      end $$`);
    for (const table of ['audit_events', 'biller_setting_changes']) {
      await db.query(`
        create trigger ${table}_append_only before update or delete or truncate on ${table}
        for each statement execute function refuse_change()`);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['audit_head', 'audit_events', 'admin_keys', 'biller_setting_changes']) {
      await db.query(`drop table ${table}`);
    }
    await db.query(`drop function refuse_change`);
    await db.query(`alter table partner_keys add column biller_id uuid references billers (id)`);
    await db.query(`update partner_keys set biller_id = biller_ids[1]`);
    await db.query(`
      alter table partner_keys
        drop column biller_ids, drop column allowed_ips, drop column last_used_at, drop column rolled_from`);
    await db.query(`drop index biller_settings_value_idx`);
    await db.query(`delete from biller_settings where setting_id <> 36`);
    await db.query(`delete from setting_definitions where id <> 36`);
    await db.query(`
      alter table setting_definitions
        drop constraint setting_definitions_type_check, drop constraint setting_definitions_choices_check,
        drop column default_value, drop column choices, drop column workflow,
        add constraint setting_definitions_type_check check (type in ('url'))`);
    await db.query(`delete from invoice_cloud_keys where kind <> 'api-key' or sealed is null`);
    await db.query(`drop index invoice_cloud_keys_current_key`);
    await db.query(`
      alter table invoice_cloud_keys
        drop constraint invoice_cloud_keys_version_key, drop constraint invoice_cloud_keys_kind_check,
        drop constraint invoice_cloud_keys_current_check,
        drop column kind, drop column set_by, drop column is_current, drop column usable_until, drop column retired_at,
        alter column sealed set not null,
        add constraint invoice_cloud_keys_version_key unique (biller_id, version)`);
    for (const index of ['billers_name_idx', 'billers_dba_idx', 'billers_name_search_idx', 'billers_dba_search_idx']) {
      await db.query(`drop index ${index}`);
    }
    await db.query(`
      alter table billers
        drop column virtual_site_url, drop column sso_token_seconds, drop column deactivated_at, drop column revision`);
  }
}
