import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Several webhook secrets a partner; endpoints; deliveries as their own queue, in order, with their attempts. */
export class Relay1764400000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table webhook_secrets (
        id uuid primary key,
        partner_id uuid not null,
        kind text not null,
        sealed text not null,
        last_four text,
        public_key text,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        constraint webhook_secrets_partner_fkey foreign key (partner_id) references partners (id),
        constraint webhook_secrets_kind_check check (kind in ('hmac', 'ed25519')),
        constraint webhook_secrets_public_key_check check ((kind = 'ed25519') = (public_key is not null))
      )`);
    await db.query(`create index webhook_secrets_partner_idx on webhook_secrets (partner_id)`);
    // Sealed values are bound to the partner, so that they open where they are now.
    await db.query(`
      insert into webhook_secrets (id, partner_id, kind, sealed, created_at)
      select gen_random_uuid(), id, 'hmac', webhook_secret, created_at from partners`);
    await db.query(`alter table partners drop column webhook_secret, add column replays_until timestamptz`);

    await db.query(`
      create table relay_endpoints (
        id uuid primary key,
        partner_id uuid not null,
        url text not null,
        url_digest bytea not null,
        failures integer not null default 0,
        open_until timestamptz,
        disabled_at timestamptz,
        disabled_reason text,
        enabled_at timestamptz,
        created_at timestamptz not null default now(),
        constraint relay_endpoints_partner_fkey foreign key (partner_id) references partners (id),
        constraint relay_endpoints_url_key unique (partner_id, url_digest)
      )`);
    await db.query(`create index relay_endpoints_page_idx on relay_endpoints (partner_id, id)`);
    await db.query(`create table delivery_sequences (subject_id uuid primary key, last integer not null)`);
    await db.query(`
      insert into delivery_sequences (subject_id, last) select subject_id, count(*) from deliveries group by subject_id`);

    await db.query(`
      alter table deliveries
        add column endpoint_id uuid,
        add column biller_id uuid,
        add column sequence integer,
        add column attempts_before integer not null default 0,
        add column claimed_until timestamptz,
        add column held boolean not null default false,
        add column awaited boolean not null default false,
        add column last_attempt_at timestamptz,
        add column parked_at timestamptz`);
    await db.query(`
      insert into relay_endpoints (id, partner_id, url, url_digest)
      select gen_random_uuid(), partner_id, url, sha256(convert_to(url, 'UTF8'))
      from (select distinct partner_id, regexp_replace(url, '[?#].*$', '') as url from deliveries) d`);
    await db.query(`
      update deliveries d set
        endpoint_id = e.id,
        biller_id = (select p.biller_id from payments p where p.id = d.subject_id),
        sequence = (select count(*) from deliveries o where o.subject_id = d.subject_id and o.id <= d.id),
        parked_at = case when d.status = 'parked' then now() end
      from relay_endpoints e
      where e.partner_id = d.partner_id
        and e.url_digest = sha256(convert_to(regexp_replace(d.url, '[?#].*$', ''), 'UTF8'))`);
    await db.query(`
      alter table deliveries
        alter column endpoint_id set not null,
        alter column sequence set not null,
        add constraint deliveries_endpoint_fkey foreign key (endpoint_id) references relay_endpoints (id),
        add constraint deliveries_sequence_key unique (subject_id, sequence)`);
    await db.query(`drop index deliveries_subject_idx`);
    await db.query(`drop index deliveries_pending_idx`);
    // The queue: what is due of an endpoint, and which endpoints have anything at all.
    await db.query(
      `create index deliveries_due_idx on deliveries (endpoint_id, next_attempt_at) where status = 'pending'`,
    );
    await db.query(`create index deliveries_undelivered_idx on deliveries (status, id) where status <> 'delivered'`);
    await db.query(`create index deliveries_parked_idx on deliveries (parked_at) where status = 'parked'`);
    await db.query(`create index deliveries_partner_idx on deliveries (partner_id, id)`);
    await db.query(`create index deliveries_endpoint_idx on deliveries (endpoint_id, id)`);

    await db.query(`
      create table delivery_attempts (
        delivery_id uuid not null,
        number integer not null,
        at timestamptz not null,
        ms integer not null,
        status integer,
        error text,
        answer_sealed text,
        primary key (delivery_id, number),
        constraint delivery_attempts_delivery_fkey foreign key (delivery_id) references deliveries (id) on delete cascade
      )`);

    // The queue of before; what it held stands in the deliveries.
    await db.query(`drop schema if exists pgboss cascade`);
  }

  /** @throws Error when a secret in force would be lost: the release before knows one secret a partner, and no key pairs */
  async down(db: QueryRunner): Promise<void> {
    const losing = (await db.query(`
      select p.id from partners p where (
        select count(*) filter (where s.kind = 'hmac' and s.expires_at is null) <> 1 or count(*) > 1
        from webhook_secrets s where s.partner_id = p.id and (s.expires_at is null or s.expires_at > now()))
      order by p.id`)) as { id: string }[];
    if (losing.length > 0) {
      const some = losing.slice(0, 5).map(({ id }) => id);
      throw new Error(
        `Going back would lose webhook secrets of ${losing.length} partners, and their deliveries would be unsigned or refused. ` +
          `Leave each of them one secret of kind hmac that does not end (POST /admin/v1/partners/{id}/webhook-secret, ` +
          `…/webhook-secrets/{id}/expire), and try again: ${some.join(', ')}${losing.length > some.length ? ' …' : ''}`,
      );
    }
    await db.query(`drop table delivery_attempts`);
    await db.query(`drop index deliveries_endpoint_idx`);
    await db.query(`drop index deliveries_partner_idx`);
    await db.query(`drop index deliveries_parked_idx`);
    await db.query(`drop index deliveries_undelivered_idx`);
    await db.query(`drop index deliveries_due_idx`);
    await db.query(`
      alter table deliveries
        drop constraint deliveries_sequence_key,
        drop constraint deliveries_endpoint_fkey,
        drop column endpoint_id,
        drop column biller_id,
        drop column sequence,
        drop column attempts_before,
        drop column claimed_until,
        drop column held,
        drop column awaited,
        drop column last_attempt_at,
        drop column parked_at`);
    await db.query(`create index deliveries_pending_idx on deliveries (next_attempt_at) where status = 'pending'`);
    await db.query(`create index deliveries_subject_idx on deliveries (subject_id, id)`);
    await db.query(`drop table delivery_sequences`);
    await db.query(`drop table relay_endpoints`);
    await db.query(`alter table partners drop column replays_until, add column webhook_secret text`);
    await db.query(`
      update partners p set webhook_secret = (
        select s.sealed from webhook_secrets s where s.partner_id = p.id and s.kind = 'hmac' and s.expires_at is null
        order by s.created_at desc limit 1)`);
    await db.query(`alter table partners alter column webhook_secret set not null`);
    await db.query(`drop table webhook_secrets`);
  }
}
