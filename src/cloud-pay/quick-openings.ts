import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { Batches } from '../database/batches.js';
import { isOwnFault } from '../database/postgres-errors.js';
import { briefly, FEW, prepared, type Run } from '../database/prepared.js';
import { ANSWER, type Claim } from './idempotency.js';
import type { Payment } from './payment.entity.js';
import type { OpenedPaymentView } from './payment.view.js';

interface Intent {
  readonly payment: Payment;
  readonly claim: Claim | undefined;
  readonly lockSeconds: number;
}

/** A page that Invoice Cloud gave a payment. */
interface Opened {
  /** The payment's. */
  readonly id: string;
  readonly hostedPageSealed: string;
  readonly openedAt: Date;
  readonly pageExpiresAt: Date;
}

interface Answered extends Opened {
  readonly answer: { readonly claim: Claim; readonly sealed: string } | undefined;
}

/**
 * The usual way of an opening: two statements, each a transaction and one round trip, and each for many openings at once.
 * Whatever is not usual (a key that was used, an invoice that is known, a payer who was quicker than we, a row that another
 * holds) changes nothing here, and `Openings` looks at it in full.
 */
@Injectable()
export class QuickOpenings {
  private readonly intents: Batches<Intent, Date | undefined>;
  private readonly openings: Batches<Answered, boolean>;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly box: SecretBox,
  ) {
    this.intents = new Batches(dataSource, insert);
    this.openings = new Batches(dataSource, update);
  }

  /**
   * The payment gets the time of its record from the database: that of a process, set wrong, would make it an abandoned one
   * to the others at once, or never.
   * @returns false when nothing was recorded
   */
  async recordIntent(payment: Payment, claim: Claim | undefined, lockSeconds: number): Promise<boolean> {
    const createdAt = await unlessAtFault(this.intents.add({ payment, claim, lockSeconds }));
    if (!createdAt) return false;
    payment.createdAt = payment.updatedAt = createdAt;
    return true;
  }

  /** @returns false when the payment is not `opening` any more, or the key is another request's: nothing was recorded */
  async recordOpened(
    opened: Opened,
    answered: { readonly claim: Claim; readonly answer: OpenedPaymentView } | undefined,
  ): Promise<boolean> {
    const answer = answered && {
      claim: answered.claim,
      sealed: this.box.seal(JSON.stringify(answered.answer), opened.id, ANSWER),
    };
    return (await unlessAtFault(this.openings.add({ ...opened, answer }))) ?? false;
  }
}

/** What PostgreSQL has refused was not done. Where nobody knows, the error stands. */
async function unlessAtFault<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isOwnFault(error)) return undefined;
    throw error;
  }
}

/** @returns when each was recorded */
async function insert(intents: readonly Intent[], run: Run): Promise<(Date | undefined)[]> {
  const column = <Value>(of: (payment: Payment, intent: Intent) => Value): Value[] =>
    intents.map((intent) => of(intent.payment, intent));
  const rows = await run<{ id: string; created_at: Date }>(INTENT, [
    column(({ id }) => id),
    column(({ billerId }) => billerId),
    column(({ partnerId }) => partnerId),
    column(({ accountNumber }) => accountNumber),
    column(({ invoiceNumber }) => invoiceNumber),
    column(({ billerReference }) => billerReference),
    column(({ amountDueCents }) => amountDueCents),
    column(({ allowPartial }) => allowPartial),
    column(({ minimumDueCents }) => minimumDueCents),
    column(({ termsDigest }) => termsDigest),
    column(({ postbackUrl }) => postbackUrl),
    column(({ capabilityDigest }) => capabilityDigest),
    column(() => newId()),
    column((_, { claim }) => claim?.key ?? null),
    column((_, { claim }) => claim?.fingerprint ?? null),
    column((_, { lockSeconds }) => lockSeconds),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row.created_at]));
  return intents.map(({ payment }) => byId.get(payment.id));
}

async function update(openings: readonly Answered[], run: Run): Promise<boolean[]> {
  const column = <Value>(of: (opened: Answered) => Value): Value[] => openings.map(of);
  const rows = await run<{ id: string }>(OPENED, [
    column(({ id }) => id),
    column(({ hostedPageSealed }) => hostedPageSealed),
    column(({ openedAt }) => openedAt),
    column(({ pageExpiresAt }) => pageExpiresAt),
    column(() => newId()),
    column(({ answer }) => answer?.sealed ?? null),
    column(({ answer }) => answer?.claim.partnerId ?? null),
    column(({ answer }) => answer?.claim.billerId ?? null),
    column(({ answer }) => answer?.claim.key ?? null),
  ]);
  const found = new Set(rows.map(({ id }) => id));
  return openings.map(({ id }) => found.has(id));
}

/**
 * Clear is an invoice of which nothing is known that could stand in the way, and which is asked for once in this batch. The
 * keys first, as everywhere; both in an order, so that two batches never wait for each other in a circle.
 */
const INTENT = prepared(`
  with given as materialized (
    select g.* from ${briefly()}, unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
      $8::boolean[], $9::bigint[], $10::bytea[], $11::text[], $12::bytea[], $13::uuid[], $14::text[], $15::bytea[],
      $16::float8[]) with ordinality as g (id, biller_id, partner_id, account_number, invoice_number, biller_reference, amount_due_cents,
      allow_partial, minimum_due_cents, terms_digest, postback_url, capability_digest, event_id, key, fingerprint,
      lock_seconds, n)
    where ${FEW}
  ), clear as materialized (
    select distinct on (g.biller_id, g.invoice_number, g.account_number) g.* from given g
    where not exists (
      select from payments p where p.biller_id = g.biller_id and p.invoice_number = g.invoice_number
        and p.account_number = g.account_number and p.status <> 'failed')
    order by g.biller_id, g.invoice_number, g.account_number, g.id
  ), key as (
    insert into idempotency_keys (partner_id, biller_id, key, fingerprint, payment_id, locked_until)
    select partner_id, biller_id, key, fingerprint, id, now() + make_interval(secs => lock_seconds)
    from clear where key is not null order by partner_id, biller_id, key
    on conflict do nothing returning payment_id
  ), payment as (
    insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, biller_reference,
      amount_due_cents, allow_partial, minimum_due_cents, terms_digest, postback_url, capability_digest)
    select id, biller_id, partner_id, 'opening', account_number, invoice_number, biller_reference, amount_due_cents,
      allow_partial, minimum_due_cents, terms_digest, postback_url, capability_digest
    from clear where key is null or id in (select payment_id from key)
    order by biller_id, invoice_number, account_number
    returning id, created_at
  ), event as (
    insert into payment_events (id, payment_id, type, data)
    select g.event_id, p.id, 'payment.opening', '{}' from payment p join given g using (id)
  )
  select id, created_at from payment`);

/** The key first, as everywhere; with the payment not opened, its answer is overwritten by what `Openings` decides. */
const OPENED = prepared(`
  with given as materialized (
    select g.* from ${briefly()}, unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::text[],
      $7::uuid[], $8::uuid[], $9::text[]) with ordinality as g (id, hosted_page_sealed, opened_at, page_expires_at, event_id,
      answer_sealed, partner_id, biller_id, key, n)
    where ${FEW}
  ), key as (
    update idempotency_keys k set answer_sealed = g.answer_sealed from given g
    where k.partner_id = g.partner_id and k.biller_id = g.biller_id and k.key = g.key and k.payment_id = g.id
      and exists (select from payments p where p.id = g.id and p.status || '' = 'opening')
    returning k.payment_id
  ), opened as (
    update payments p set status = 'open', hosted_page_sealed = g.hosted_page_sealed, opened_at = g.opened_at,
      page_expires_at = g.page_expires_at, updated_at = g.opened_at
    from given g
    -- Written so that no partial index fits: by the id, however few openings there were when this was planned.
    where p.id = g.id and p.status || '' = 'opening' and (g.key is null or g.id in (select payment_id from key))
    returning p.id
  ), event as (
    insert into payment_events (id, payment_id, type, data)
    select g.event_id, g.id, 'payment.open', '{}' from opened join given g using (id)
  )
  select id from opened`);
