import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Payment } from './payment.entity.js';
import { mayBecome } from './payment-status.js';
import { addEvent } from './payments.service.js';

/** What a verified PostBack says. Amounts in cents. */
export interface Attempt {
  readonly approved: boolean;
  readonly paymentGuid: string;
  readonly amountCents: number;
  readonly feeCents: number | null;
}

/** The one place where a PostBack changes a payment. Every method works in the caller's transaction, on a locked row. */
@Injectable()
export class Settlement {
  /** Finds a payment by the digest of its capability and locks it until the transaction ends. */
  async lock(manager: EntityManager, capabilityDigest: Buffer): Promise<Payment | null> {
    return manager.findOne(Payment, { where: { capabilityDigest }, lock: { mode: 'pessimistic_write' } });
  }

  /** Whether another payment of the biller was settled by this PaymentGUID. */
  async isSpent(manager: EntityManager, payment: Payment, paymentGuid: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `select 1 from payments where biller_id = $1 and payment_guid = $2 and id <> $3`,
      [payment.billerId, paymentGuid, payment.id],
    );
    return rows.length > 0;
  }

  /** Records an attempt that agrees with what was asked. The caller has checked `mayBecome`. */
  async record(manager: EntityManager, payment: Payment, attempt: Attempt): Promise<void> {
    const status = attempt.approved ? 'paid' : 'declined';
    if (!mayBecome(payment.status, status)) throw new Error(`a ${payment.status} payment can't become ${status}`);
    if (attempt.approved) {
      await manager.query(
        `update payments set status = 'paid', payment_guid = $2, amount_paid_cents = $3, fee_cents = $4,
           settled_at = now(), updated_at = now() where id = $1`,
        [payment.id, attempt.paymentGuid, attempt.amountCents, attempt.feeCents],
      );
    } else {
      await manager.query(`update payments set status = 'declined', updated_at = now() where id = $1`, [payment.id]);
    }
    const { paymentGuid, amountCents, feeCents } = attempt;
    await addEvent(manager, payment.id, `payment.${status}`, { paymentGuid, amountCents, feeCents });
  }

  /** Marks a payment for an administrator's eyes. Its status stays what it is. */
  async hold(manager: EntityManager, payment: Payment, reasons: readonly string[]): Promise<void> {
    await manager.query(`update payments set needs_review = true, updated_at = now() where id = $1`, [payment.id]);
    await addEvent(manager, payment.id, 'postback.held', { reasons });
  }
}
