import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../common/id.js';
import { hasMoney, mayBecome, type OtherPages, outcomeOf, type Outcome, type PaymentStatus } from './payment-status.js';
import { addEvent } from './payment-event.entity.js';

/** What a verified PostBack says. Amounts in cents. */
export interface Attempt {
  readonly approved: boolean;
  readonly paymentGuid: string;
  readonly amountCents: number;
  readonly feeCents: number | null;
}

/** A payment whose row is locked until the transaction ends, with what a message about it is judged by. */
export interface LockedPayment {
  readonly id: string;
  readonly billerId: string;
  readonly partnerId: string;
  readonly billerGuid: string;
  readonly status: PaymentStatus;
  readonly invoiceNumber: string;
  readonly billerReference: string | null;
  readonly postbackUrl: string | null;
  readonly amountDueCents: number | null;
  readonly amountPaidCents: number | null;
  readonly allowPartial: boolean;
  readonly minimumDueCents: number | null;
}

/** What is recorded already, as seen after the lock was had. */
export interface Known extends OtherPages {
  /** Whose receipt this PaymentGUID is; null: nobody's. */
  readonly spentBy: string | null;
}

/** What came of an attempt. */
export type Settled =
  /** The payment moved, or was declined once more. */
  | { readonly kind: 'moved'; readonly status: PaymentStatus }
  /** A refusal after money had moved: nothing changed. */
  | { readonly kind: 'alert'; readonly reason: string };

/**
 * Every payment for the same invoice is locked, always in the same order: two of them that are paid at the same moment must
 * see each other, and must not wait for each other.
 */
const LOCKED = 'for no key update of p';

/** The one place where a PostBack changes a payment. Every method works in the caller's transaction. */
@Injectable()
export class Settlement {
  /** Finds a payment by the digest of its capability and locks it. */
  byCapability(manager: EntityManager, digest: Buffer): Promise<LockedPayment | null> {
    return this.find(manager, 'own.capability_digest = $1', digest, LOCKED);
  }

  byId(manager: EntityManager, id: string): Promise<LockedPayment | null> {
    return this.find(manager, 'own.id = $1', id, LOCKED);
  }

  /** As it is now, unlocked: for looking, not for deciding. */
  look(manager: EntityManager, id: string): Promise<LockedPayment | null> {
    return this.find(manager, 'own.id = $1', id, '');
  }

  private async find(
    manager: EntityManager,
    which: string,
    value: Buffer | string,
    locked: string,
  ): Promise<LockedPayment | null> {
    const rows = await manager.query<(LockedPayment & { own: boolean })[]>(
      `select p.id, p.id = own.id as own, p.biller_id as "billerId", p.partner_id as "partnerId", p.status,
         b.biller_guid as "billerGuid", p.invoice_number as "invoiceNumber", p.biller_reference as "billerReference",
         p.postback_url as "postbackUrl", p.amount_due_cents::float8 as "amountDueCents",
         p.amount_paid_cents::float8 as "amountPaidCents", p.allow_partial as "allowPartial",
         p.minimum_due_cents::float8 as "minimumDueCents"
       from payments own
         join billers b on b.id = own.biller_id
         join payments p on p.biller_id = own.biller_id and p.invoice_number = own.invoice_number
           and p.account_number = own.account_number
       where ${which} order by p.id ${locked}`,
      [value],
    );
    return rows.find(({ own }) => own) ?? null;
  }

  /** To be asked after the lock, by a statement of its own: one that waited for the lock still sees what was before. */
  async known(manager: EntityManager, payment: LockedPayment, paymentGuid: string | null): Promise<Known> {
    const [known] = await manager.query<[Known]>(
      `with other as (
         select p.status, p.amount_paid_cents, own.subtracted_cents from payments p join payments own on own.id = $1
         where p.biller_id = own.biller_id and p.invoice_number = own.invoice_number
           and p.account_number = own.account_number and p.id <> own.id
       )
       select
         (select r.payment_id from receipts r where r.biller_id = $2 and r.payment_guid = $3) as "spentBy",
         exists (select from other where status in ('paid', 'overpaid', 'duplicate-payment')) as "paidElsewhere",
         coalesce((select greatest(sum(amount_paid_cents) - min(subtracted_cents), 0) from other
           where status = 'partially-paid'), 0)::float8 as "otherPagesCents"`,
      [payment.id, payment.billerId, paymentGuid],
    );
    return known;
  }

  /** Records an attempt that was believed. Its PaymentGUID is nobody's yet, if it is approved. */
  async record(manager: EntityManager, payment: LockedPayment, attempt: Attempt, other: OtherPages): Promise<Settled> {
    if (attempt.approved) {
      const outcome = outcomeOf(payment, attempt.amountCents, other);
      await this.book(manager, payment, attempt, outcome, other);
      return { kind: 'moved', status: outcome.status };
    }
    const { paymentGuid, amountCents, feeCents } = attempt;
    if (hasMoney(payment.status)) {
      const reason = 'refusal-after-approval';
      await addEvent(manager, payment.id, 'payment.alert', { reason, paymentGuid });
      return { kind: 'alert', reason };
    }
    check(payment.status, 'declined');
    await manager.query(`update payments set status = 'declined', updated_at = now() where id = $1`, [payment.id]);
    await addEvent(manager, payment.id, 'payment.declined', { paymentGuid, amountCents, feeCents });
    return { kind: 'moved', status: 'declined' };
  }

  /** Marks a payment for an administrator's eyes. Its status stays what it is. */
  async hold(manager: EntityManager, paymentId: string, reasons: readonly string[]): Promise<void> {
    await manager.query(`update payments set needs_review = true, updated_at = now() where id = $1`, [paymentId]);
    await addEvent(manager, paymentId, 'postback.held', { reasons });
  }

  private async book(
    manager: EntityManager,
    payment: LockedPayment,
    { paymentGuid, amountCents, feeCents }: Attempt,
    outcome: Outcome,
    { otherPagesCents }: OtherPages,
  ): Promise<void> {
    check(payment.status, outcome.status);
    await manager.query(
      `with receipt as (
         insert into receipts (id, payment_id, biller_id, payment_guid, amount_cents, fee_cents, refund_cents)
         values ($1, $2, $3, $4, $5, $6, $7)
       ), siblings as (
         -- A new version of each: who has seen one and believes it to be the only payment of its invoice must look again.
         update payments o set updated_at = o.updated_at from payments p
         where p.id = $2 and o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
           and o.account_number = p.account_number and o.id <> p.id)
       update payments set status = $8, payment_guid = coalesce(payment_guid, $4), amount_paid_cents = $9,
         other_pages_cents = $10,
         fee_cents = case when $6::bigint is null then fee_cents else coalesce(fee_cents, 0) + $6 end,
         refund_due_cents = refund_due_cents + $7, settled_at = coalesce(settled_at, now()), updated_at = now()
       where id = $2`,
      [
        newId(),
        payment.id,
        payment.billerId,
        paymentGuid,
        amountCents,
        feeCents,
        outcome.refundCents,
        outcome.status,
        outcome.amountPaidCents,
        otherPagesCents,
      ],
    );
    const refund = outcome.refundCents > 0 ? { refundDueCents: outcome.refundCents } : {};
    await addEvent(manager, payment.id, `payment.${outcome.status}` as 'payment.paid', {
      paymentGuid,
      amountCents,
      feeCents,
      ...refund,
      ...(otherPagesCents > 0 && { paidOnOtherPagesCents: otherPagesCents }),
    });
  }
}

function check(from: PaymentStatus, to: PaymentStatus): void {
  if (!mayBecome(from, to)) throw new Error(`a ${from} payment can't become ${to}`);
}
