import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { NoRefundDue, PaymentNotFound } from './errors.js';
import { addEvent } from './payment-event.entity.js';
import { Payment } from './payment.entity.js';
import { type PaymentPageView, paymentView, type PaymentView } from './payment.view.js';

/** What payers paid too much. The money itself is returned at Invoice Cloud, by people; here it is kept in mind. */
@Injectable()
export class Refunds {
  constructor(@InjectRepository(Payment) private readonly payments: Repository<Payment>) {}

  /** Payments with something to return, the newest first. */
  async due(limit: number, cursor?: string): Promise<PaymentPageView> {
    const found = await this.payments.find({
      where: { refundDueCents: MoreThan(0), ...(cursor && { id: LessThan(cursor) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    const page = found.slice(0, limit);
    return { data: page.map(paymentView), nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null };
  }

  /**
   * Notes that all that was due has been returned.
   * @param amountCents as the administrator knew it: a payer may have paid once more in between
   * @throws PaymentNotFound, NoRefundDue
   */
  async record(change: Change, id: string, amountCents: number, reason: string): Promise<PaymentView> {
    const { manager } = change;
    const payment = await manager.findOne(Payment, { where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!payment) throw new PaymentNotFound('Check the payment id; GET /admin/v1/payments/refunds-due lists them.');
    const { refundDueCents } = payment;
    if (refundDueCents === 0) throw new NoRefundDue('It was returned already, or nothing was paid too much.');
    if (refundDueCents !== amountCents) {
      throw new NoRefundDue(`${refundDueCents} cents are due, not ${amountCents}. Read the payment again.`);
    }
    await manager.update(Payment, { id }, { refundDueCents: 0, updatedAt: new Date() });
    await addEvent(manager, id, 'payment.refunded', { refundedCents: refundDueCents });
    change.record('payment.refund', `payment:${id}`, { refundDueCents }, { refundDueCents: 0, reason });
    return paymentView(await manager.findOneByOrFail(Payment, { id }));
  }
}
