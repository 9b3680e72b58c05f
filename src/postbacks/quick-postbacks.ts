import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { mayBecome, type OtherPages, outcomeOf } from '../cloud-pay/payment-status.js';
import type { LockedPayment } from '../cloud-pay/settlement.js';
import { newId } from '../common/id.js';
import { traceOf } from '../common/problem.js';
import { Batches } from '../database/batches.js';
import { isOwnFault } from '../database/postgres-errors.js';
import { briefly, prepared, run } from '../database/prepared.js';
import { type FirstDelivery, RelayService } from '../relay/relay.service.js';
import { relayedForm } from './partner-message.js';
import type { Received } from './recorder.js';
import { judge, paymentGuidOf } from './verdict.js';

/** A payment as it was seen, unlocked, with all that a message about it is judged by. */
interface Seen extends LockedPayment {
  /** Changes with every change of the row. */
  readonly version: string;
  readonly hasSiblings: boolean;
  readonly guidSpent: boolean;
  /** This very message is recorded already. */
  readonly recorded: boolean;
  /** Its partner has been told something already. */
  readonly told: boolean;
}

interface Question {
  readonly digest: Buffer;
  readonly received: Received;
}

interface Payable {
  readonly seen: Seen;
  readonly received: Received;
  readonly paymentGuid: string;
  readonly amountCents: number;
  readonly feeCents: number | null;
  readonly status: string;
  readonly amountPaidCents: number;
  readonly refundCents: number;
  readonly delivery: FirstDelivery | null;
}

/**
 * The usual way of a PostBack: the first approval of the only payment for its invoice, which agrees with what was asked. Two
 * statements, each for many at once: what is known is read, judged here, and the whole of what follows is recorded if the
 * payment is still as it was seen, and does nothing otherwise. Everything that is not usual, and whatever fails here, takes
 * the way that locks first (`PostbacksService`), which this one must agree with.
 */
@Injectable()
export class QuickPostbacks {
  private readonly logger = new Logger('postbacks');
  private readonly looks = new Batches((questions: readonly Question[]) => this.look(questions));
  private readonly records = new Batches((payables: readonly Payable[]) => this.record(payables));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly relay: RelayService,
  ) {}

  /** @returns `recorded`, `unknown` where no payment has this capability; undefined when nothing was done */
  async receive(digest: Buffer, received: Received): Promise<'recorded' | 'unknown' | undefined> {
    try {
      const seen = await this.looks.add({ digest, received });
      if (!seen) return 'unknown';
      if (seen.recorded) return 'recorded';
      const payable = this.judge(seen, received);
      return payable && (await this.records.add(payable)) ? 'recorded' : undefined;
    } catch (error) {
      // Somebody was quicker, or the database is not there: the other way finds out, and tries again.
      if (!isOwnFault(error)) this.logger.warn(traceOf(error), 'postback not recorded at once');
      return undefined;
    }
  }

  /** @returns undefined where anything is not usual */
  private judge(seen: Seen, received: Received): Payable | undefined {
    if (seen.hasSiblings || seen.guidSpent || seen.told) return undefined;
    const verdict = judge(received.message, { ...seen, ...ALONE });
    if (verdict.verdict !== 'verified' || !verdict.attempt.approved) return undefined;
    const { paymentGuid, amountCents, feeCents } = verdict.attempt;
    const outcome = outcomeOf(seen, amountCents, ALONE);
    if (!mayBecome(seen.status, outcome.status)) return undefined;
    const delivery =
      seen.postbackUrl === null
        ? null
        : this.relay.first({
            url: seen.postbackUrl,
            body: (sequence) =>
              relayedForm(received.raw, received.message, { paymentId: seen.id, status: outcome.status, sequence }),
          });
    return { seen, received, paymentGuid, amountCents, feeCents, ...outcome, delivery };
  }

  private async look(questions: readonly Question[]): Promise<(Seen | undefined)[]> {
    const rows = await run<Seen & { n: number }>(this.dataSource, LOOK, [
      questions.map(({ digest }) => digest),
      questions.map(({ received }) => received.meaning),
      questions.map(({ received }) => paymentGuidOf(received.message)),
    ]);
    const byNumber = new Map(rows.map((row) => [row.n, row]));
    return questions.map((_, i) => byNumber.get(i + 1));
  }

  private async record(payables: readonly Payable[]): Promise<boolean[]> {
    const column = <Value>(of: (payable: Payable) => Value): Value[] => payables.map(of);
    const rows = await run<{ n: number }>(this.dataSource, RECORD, [
      column(({ seen }) => seen.id),
      column(({ seen }) => seen.version),
      column(({ status }) => status),
      column(({ paymentGuid }) => paymentGuid),
      column(({ amountPaidCents }) => amountPaidCents),
      column(({ amountCents }) => amountCents),
      column(({ feeCents }) => feeCents),
      column(({ refundCents }) => refundCents),
      column(() => newId()),
      column(() => newId()),
      column(({ received }) => received.id),
      column(({ received }) => received.meaning),
      column(({ received }) => received.rawSealed),
      column(({ delivery }) => delivery?.id ?? null),
      column(({ delivery }) => delivery?.endpointDigest ?? null),
      column(({ delivery }) => delivery?.url ?? null),
      column(({ delivery }) => delivery?.bodySealed ?? null),
    ]);
    const moved = new Set(rows.map(({ n }) => n));
    return payables.map((_, i) => moved.has(i + 1));
  }
}

/** There is no other page of the invoice. */
const ALONE: OtherPages = { paidElsewhere: false, otherPagesCents: 0 };

const SAME_INVOICE = `o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
  and o.account_number = p.account_number and o.id <> p.id`;

/** `limit 1`, or a plan that was made in a quiet hour reads each of these tables from end to end (a hashed `exists`). */
const LOOK = prepared(`
  select g.n::int4 as n, p.id, p.xmin::text as version, p.biller_id as "billerId", p.partner_id as "partnerId", p.status,
    b.biller_guid as "billerGuid", p.invoice_number as "invoiceNumber", p.biller_reference as "billerReference",
    p.postback_url as "postbackUrl", p.amount_due_cents::float8 as "amountDueCents",
    p.amount_paid_cents::float8 as "amountPaidCents", p.allow_partial as "allowPartial",
    p.minimum_due_cents::float8 as "minimumDueCents",
    (select true from payments o where ${SAME_INVOICE} limit 1) is not null as "hasSiblings",
    (select true from receipts r where r.biller_id = p.biller_id and r.payment_guid = g.guid limit 1) is not null
      as "guidSpent",
    (select true from postbacks m where m.payment_id = p.id and m.meaning = g.meaning limit 1) is not null as recorded,
    (select true from delivery_sequences s where s.subject_id = p.id limit 1) is not null as told
  from unnest($1::bytea[], $2::bytea[], $3::text[]) with ordinality as g (digest, meaning, guid, n)
    join payments p on p.capability_digest = g.digest
    join billers b on b.id = p.biller_id`);

/**
 * "Still as it was seen" is the row's own version: whoever settles another payment of the invoice touches this row too
 * (`Settlement`), so that it fails here even where this statement began before there was another one. A message, a receipt
 * or a delivery that is there already is an error, and undoes the whole.
 */
const RECORD = prepared(`
  with given as materialized (
    select g.* from ${briefly()}, unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
      $7::bigint[], $8::bigint[], $9::uuid[], $10::uuid[], $11::uuid[], $12::bytea[], $13::text[], $14::uuid[],
      $15::bytea[], $16::text[], $17::text[]) with ordinality as g (payment_id, version, status, guid, paid, amount, fee,
      refund, receipt_id, event_id, message_id, meaning, raw_sealed, delivery_id, endpoint, url, body_sealed, n)
  ), moved as (
    update payments p set status = g.status, payment_guid = coalesce(p.payment_guid, g.guid), amount_paid_cents = g.paid,
      fee_cents = case when g.fee is null then p.fee_cents else coalesce(p.fee_cents, 0) + g.fee end,
      refund_due_cents = p.refund_due_cents + g.refund, settled_at = coalesce(p.settled_at, now()), updated_at = now()
    from given g
    where p.id = g.payment_id and p.xmin = g.version::xid
      and not exists (select from payments o where ${SAME_INVOICE})
      and (g.delivery_id is null or exists (
        select from relay_endpoints e where e.partner_id = p.partner_id and e.url_digest = g.endpoint))
    returning g.n, p.id, p.biller_id, p.partner_id
  ), message as (
    insert into postbacks (id, payment_id, source, verdict, reasons, payment_guid, meaning, raw_sealed)
    select g.message_id, m.id, 'postback', 'verified', '{}', g.guid, g.meaning, g.raw_sealed
    from moved m join given g using (n)
  ), receipt as (
    insert into receipts (id, payment_id, biller_id, payment_guid, amount_cents, fee_cents, refund_cents)
    select g.receipt_id, m.id, m.biller_id, g.guid, g.amount, g.fee, g.refund from moved m join given g using (n)
  ), event as (
    insert into payment_events (id, payment_id, type, data)
    select g.event_id, m.id, 'payment.' || g.status,
      jsonb_build_object('paymentGuid', g.guid, 'amountCents', g.amount, 'feeCents', g.fee)
        || case when g.refund > 0 then jsonb_build_object('refundDueCents', g.refund) else '{}' end
    from moved m join given g using (n)
  ), numbered as (
    insert into delivery_sequences (subject_id, last)
    select m.id, 1 from moved m join given g using (n) where g.delivery_id is not null
  ), delivery as (
    insert into deliveries (id, partner_id, endpoint_id, subject_id, biller_id, sequence, url, content_type, body_sealed,
      status, next_attempt_at)
    select g.delivery_id, m.partner_id, e.id, m.id, m.biller_id, 1, g.url, 'application/x-www-form-urlencoded',
      g.body_sealed, 'pending', now()
    from moved m join given g using (n)
      join relay_endpoints e on e.partner_id = m.partner_id and e.url_digest = g.endpoint
  )
  select n::int4 as n from moved`);
