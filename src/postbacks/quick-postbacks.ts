import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { outcomeOf } from '../cloud-pay/payment-status.js';
import { newId } from '../common/id.js';
import { traceOf } from '../common/problem.js';
import { Batches } from '../database/batches.js';
import { isOwnFault } from '../database/postgres-errors.js';
import { briefly, FEW, prepared, type Run } from '../database/prepared.js';
import { type FirstDelivery, RelayService } from '../relay/relay.service.js';
import type { Address } from './address.js';
import { relayedForm } from './partner-message.js';
import { type PostbackMessage, textOf } from './postback-message.js';
import type { Received } from './recorder.js';
import { type Asked, judge, readAttempt } from './verdict.js';

/** A payment that a message would settle to the cent, and the message about it. */
interface Guess {
  readonly paymentId: string;
  readonly digest: Buffer;
  readonly asked: Asked & { readonly amountDueCents: number };
  readonly received: Received;
  readonly paymentGuid: string;
  readonly feeCents: number | null;
  readonly delivery: FirstDelivery;
}

/**
 * The usual way of a PostBack: the first message about the only payment for its invoice, which approves exactly what was
 * asked. From the message follows what must have been asked for it to be so. That is judged as every message is, and one
 * statement, for many at once, records the whole of what follows where the payment is as guessed and nobody has touched it
 * meanwhile; else it does nothing. Everything that is not usual, and whatever fails here, takes the way that locks first
 * (`PostbackRecording`), which this one must agree with.
 */
@Injectable()
export class QuickPostbacks {
  private readonly logger = new Logger('postbacks');
  private readonly records: Batches<Guess, boolean>;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly relay: RelayService,
  ) {
    this.records = new Batches(dataSource, record);
  }

  /** @returns whether it is recorded, now or since before; false when nothing was done */
  async receive(address: Address, received: Received): Promise<boolean> {
    try {
      const guess = this.guess(address, received);
      return guess ? await this.records.add(guess) : false;
    } catch (error) {
      // Somebody was quicker, or the database is not there: the other way finds out, and tries again.
      if (!isOwnFault(error)) this.logger.warn(traceOf(error), 'postback not recorded at once');
      return false;
    }
  }

  /** @returns undefined where the message settles no payment to the cent, or its address does not say which */
  private guess({ paymentId, digest }: Address, received: Received): Guess | undefined {
    const asked = askedFor(received.message);
    if (paymentId === undefined || !asked) return undefined;
    const verdict = judge(received.message, asked);
    if (verdict.verdict !== 'verified' || !verdict.attempt.approved) return undefined;
    // PostgreSQL takes no text with it, and a stranger's must not undo the batch of others.
    if (NUL.test(asked.invoiceNumber + asked.billerReference + asked.billerGuid)) return undefined;
    const { paymentGuid, amountCents, feeCents } = verdict.attempt;
    const { status } = outcomeOf({ ...asked, status: 'open' }, amountCents, ALONE);
    if (status !== 'paid') return undefined;
    const delivery = this.relay.first((sequence) =>
      relayedForm(received.raw, received.message, { paymentId, status, sequence }),
    );
    return { paymentId, digest, asked, received, paymentGuid, feeCents, delivery };
  }
}

const NUL = /\0/;

/** There is no other page of the invoice. */
const ALONE = { paidElsewhere: false, otherPagesCents: 0 } as const;

/** What must have been asked for this message to settle it to the cent; undefined where it names no amount. */
function askedFor(message: PostbackMessage): Guess['asked'] | undefined {
  const { amountCents } = readAttempt(message);
  if (amountCents === undefined) return undefined;
  return {
    ...ALONE,
    billerGuid: textOf(message, 'BillerGUID').toLowerCase(),
    invoiceNumber: textOf(message, 'InvoiceNumber'),
    billerReference: textOf(message, 'BillerReference'),
    amountDueCents: amountCents,
    amountPaidCents: null,
    // Of no weight for who pays the whole.
    allowPartial: false,
    minimumDueCents: null,
  };
}

/** @returns of which it is recorded, now or since before */
async function record(guesses: readonly Guess[], run: Run): Promise<boolean[]> {
  const column = <Value>(of: (guess: Guess) => Value): Value[] => guesses.map(of);
  const rows = await run<{ n: number }>(RECORD, [
    column(({ paymentId }) => paymentId),
    column(({ digest }) => digest),
    column(({ asked }) => asked.billerGuid),
    column(({ asked }) => asked.invoiceNumber),
    column(({ asked }) => asked.billerReference),
    column(({ asked }) => asked.amountDueCents),
    column(({ paymentGuid }) => paymentGuid),
    column(({ feeCents }) => feeCents),
    column(() => newId()),
    column(() => newId()),
    column(({ received }) => received.id),
    column(({ received }) => received.meaning),
    column(({ received }) => received.rawSealed),
    column(({ delivery }) => delivery.id),
    column(({ delivery }) => delivery.bodySealed),
  ]);
  const recorded = new Set(rows.map(({ n }) => n));
  return guesses.map((_, i) => recorded.has(i + 1));
}

/**
 * Seen is a payment that is as guessed, with the version of its row; it is moved if the row still has that version when it is
 * locked. Whoever settles another payment of the invoice touches this row too (`Settlement`), so that it is another version
 * even where this statement began before there was that payment. A message, a receipt, a number or a delivery that is there already is an
 * error, and undoes the whole. Of what was not moved it is said whether this very message had been recorded before.
 *
 * `limit 1`, or a plan that was made in a quiet hour reads these tables from end to end (a hashed `exists`).
 */
const RECORD = prepared(`
  with given as materialized (
    select g.* from ${briefly()}, unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bigint[],
      $7::text[], $8::bigint[], $9::uuid[], $10::uuid[], $11::uuid[], $12::bytea[], $13::text[], $14::uuid[], $15::text[])
      with ordinality as g (payment_id, digest, biller_guid, invoice, reference, amount, guid, fee, receipt_id, event_id,
      message_id, meaning, raw_sealed, delivery_id, body_sealed, n)
    where ${FEW}
  ), seen as materialized (
    select g.*, p.xmin as version, p.biller_id, p.partner_id, p.postback_url,
      (select e.id from relay_endpoints e where e.partner_id = p.partner_id
         and e.url_digest = sha256(convert_to(split_part(p.postback_url, '?', 1), 'UTF8')) limit 1) as endpoint_id
    from given g join payments p on p.id = g.payment_id join billers b on b.id = p.biller_id
    -- Written so that no partial index fits: by the id, however few were open when this was planned.
    where p.capability_digest = g.digest and p.status || '' = 'open' and p.amount_due_cents = g.amount
      and p.invoice_number = g.invoice and coalesce(p.biller_reference, '') = g.reference
      and b.biller_guid::text = g.biller_guid
      and (select true from payments o where o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
             and o.account_number = p.account_number and o.id <> p.id limit 1) is null
  ), moved as (
    update payments p set status = 'paid', payment_guid = s.guid, amount_paid_cents = s.amount, fee_cents = s.fee,
      settled_at = now(), updated_at = now()
    from seen s
    where p.id = s.payment_id and p.xmin = s.version and (s.postback_url is null or s.endpoint_id is not null)
    returning s.*
  ), message as (
    insert into postbacks (id, payment_id, source, verdict, reasons, payment_guid, meaning, raw_sealed)
    select message_id, payment_id, 'postback', 'verified', '{}', guid, meaning, raw_sealed from moved
  ), receipt as (
    insert into receipts (id, payment_id, biller_id, payment_guid, amount_cents, fee_cents, refund_cents)
    select receipt_id, payment_id, biller_id, guid, amount, fee, 0 from moved
  ), event as (
    insert into payment_events (id, payment_id, type, data)
    select event_id, payment_id, 'payment.paid',
      jsonb_build_object('paymentGuid', guid, 'amountCents', amount, 'feeCents', fee)
    from moved
  ), numbered as (
    insert into delivery_sequences (subject_id, last) select payment_id, 1 from moved where endpoint_id is not null
  ), delivery as (
    insert into deliveries (id, partner_id, endpoint_id, subject_id, biller_id, sequence, url, content_type, body_sealed,
      status, next_attempt_at)
    select delivery_id, partner_id, endpoint_id, payment_id, biller_id, 1, postback_url,
      'application/x-www-form-urlencoded', body_sealed, 'pending', now()
    from moved where endpoint_id is not null
  )
  select n::int4 as n from moved
  union all
  select g.n::int4 from given g
  where (select true from moved m where m.n = g.n) is null and (
    select true from payments p join postbacks m on m.payment_id = p.id
    where p.id = g.payment_id and p.capability_digest = g.digest and m.meaning = g.meaning limit 1)`);
