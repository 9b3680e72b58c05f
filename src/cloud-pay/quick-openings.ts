import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { type Prepared, prepared, run } from '../database/prepared.js';
import { ANSWER, type Claim } from './idempotency.js';
import type { Payment } from './payment.entity.js';
import type { OpenedPaymentView } from './payment.view.js';

/**
 * The usual way of an opening: two statements, each a transaction and one round trip. Whatever is not usual (a key that was
 * used, an invoice that is known, a payer who was quicker than we) changes nothing here, and `Openings` looks at it in full.
 */
@Injectable()
export class QuickOpenings {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
  ) {}

  /**
   * The payment gets the time of its record from the database: that of a process, set wrong, would make it an abandoned one
   * to the others at once, or never.
   * @returns false when nothing was recorded
   */
  async recordIntent(payment: Payment, claim: Claim | undefined, lockSeconds: number): Promise<boolean> {
    const row = [
      payment.id,
      payment.billerId,
      payment.partnerId,
      payment.accountNumber,
      payment.invoiceNumber,
      payment.billerReference,
      payment.amountDueCents,
      payment.allowPartial,
      payment.minimumDueCents,
      payment.termsDigest,
      payment.postbackUrl,
      payment.capabilityDigest,
      newId(),
    ];
    try {
      const [recorded] = claim
        ? await run<Recorded>(this.dataSource, INTENT_WITH_KEY, [...row, claim.key, claim.fingerprint, lockSeconds])
        : await run<Recorded>(this.dataSource, INTENT, row);
      if (!recorded) return false;
      payment.createdAt = payment.updatedAt = recorded.created_at;
      return true;
    } catch (error) {
      if (isUniqueViolation(error, 'payments_one_opening_key')) return false;
      throw error;
    }
  }

  /** @returns false when the payment is not `opening` any more, or the key is another request's: nothing was recorded */
  async recordOpened(
    payment: Payment,
    hostedPageSealed: string,
    answered: { readonly claim: Claim; readonly answer: OpenedPaymentView } | undefined,
  ): Promise<boolean> {
    const row = [payment.id, hostedPageSealed, payment.openedAt, payment.pageExpiresAt, newId()];
    if (!answered) return (await run(this.dataSource, OPENED, row)).length > 0;
    const { partnerId, billerId, key } = answered.claim;
    const sealed = this.box.seal(JSON.stringify(answered.answer), payment.id, ANSWER);
    const found = await run(this.dataSource, OPENED_WITH_KEY, [...row, sealed, partnerId, billerId, key]);
    return found.length > 0;
  }
}

interface Recorded {
  readonly created_at: Date;
}

const intent = (from: string): string => `payment as (
    insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, biller_reference,
      amount_due_cents, allow_partial, minimum_due_cents, terms_digest, postback_url, capability_digest)
    select $1::uuid, $2::uuid, $3::uuid, 'opening', $4, $5, $6, $7::bigint, $8::boolean, $9::bigint, $10::bytea, $11,
      $12::bytea from ${from} returning id, created_at
  ), event as (
    insert into payment_events (id, payment_id, type, data) select $13::uuid, id, 'payment.opening', '{}' from payment
  ) select created_at from payment`;

/** Nothing is known of the invoice that could stand in the way. */
const CLEAR = `with clear as (
    select where not exists (
      select from payments where biller_id = $2::uuid and invoice_number = $5 and account_number = $4 and status <> 'failed')
  )`;

const INTENT: Prepared = prepared(`${CLEAR}, ${intent('clear')}`);

const INTENT_WITH_KEY: Prepared = prepared(`${CLEAR}, key as (
    insert into idempotency_keys (partner_id, biller_id, key, fingerprint, payment_id, locked_until)
    select $3::uuid, $2::uuid, $14, $15::bytea, $1::uuid, now() + make_interval(secs => $16::float8) from clear
    on conflict do nothing returning key
  ), ${intent('key')}`);

const opened = (condition: string): string => `opened as (
    update payments set status = 'open', hosted_page_sealed = $2, opened_at = $3::timestamptz,
      page_expires_at = $4::timestamptz, updated_at = $3::timestamptz
    where id = $1::uuid and status = 'opening' ${condition} returning id
  ), event as (
    insert into payment_events (id, payment_id, type, data) select $5::uuid, id, 'payment.open', '{}' from opened
  )`;

const OPENED: Prepared = prepared(`with ${opened('')} select id from opened`);

/** The key first, as everywhere; with the payment not opened, its answer is overwritten by what `Openings` decides. */
const OPENED_WITH_KEY: Prepared = prepared(`with key as (
    update idempotency_keys set answer_sealed = $6
    where partner_id = $7::uuid and biller_id = $8::uuid and key = $9 and payment_id = $1::uuid
      and exists (select from payments where id = $1::uuid and status = 'opening')
    returning key
  ), ${opened('and exists (select from key)')} select id from opened`);
