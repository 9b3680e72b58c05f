import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { END_OF_TIME, idsAround, isId } from '../common/id.js';
import { reader } from '../database/prepared.js';
import { RelayService } from '../relay/relay.service.js';
import { PaymentNotFound } from './errors.js';
import type { ListPaymentsQuery } from './list-payments.dto.js';
import { PaymentEvent } from './payment-event.entity.js';
import { Payment } from './payment.entity.js';
import { Receipt } from './receipt.entity.js';
import {
  eventView,
  PAYMENT_SHOWN,
  type PaymentDetailView,
  type PaymentEventsView,
  type PaymentPageView,
  paymentView,
  receiptView,
  relayView,
} from './payment.view.js';

/** By the database's clock, since several processes write about one payment; their ids, and clocks, tell no order. */
const OLDEST_FIRST = { createdAt: 'ASC', id: 'ASC' } as const;

/** What happened to payments, for the partner whose they are. */
@Injectable()
export class PaymentQueries {
  private readonly read;

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    @InjectRepository(PaymentEvent) private readonly eventRows: Repository<PaymentEvent>,
    @InjectRepository(Receipt) private readonly receipts: Repository<Receipt>,
    private readonly relay: RelayService,
  ) {
    this.read = reader(payments.manager.connection, Payment, PAYMENT_SHOWN);
  }

  /** @throws PaymentNotFound also for a payment of another biller */
  async get(biller: Biller, id: string): Promise<PaymentDetailView> {
    const payment = await this.find(biller, id);
    const [receipts, deliveries] = await Promise.all([
      this.receipts.find({ where: { paymentId: payment.id }, order: OLDEST_FIRST }),
      this.relay.about(payment.id),
    ]);
    return { ...paymentView(payment), receipts: receipts.map(receiptView), relay: deliveries.map(relayView) };
  }

  /** Newest first, by keyset: a page costs the same wherever it stands. */
  async list(biller: Biller, query: ListPaymentsQuery): Promise<PaymentPageView> {
    const values: unknown[] = [];
    const conditions: string[] = [];
    const where = (column: string, is: string, value: unknown): void => {
      conditions.push(`${column} ${is} $${values.push(value)}`);
    };
    where('biller_id', '=', biller.id);
    if (query.status) where('status', '=', query.status);
    if (query.invoiceNumber) where('invoice_number', '=', query.invoiceNumber);
    if (query.accountNumber) where('account_number', '=', query.accountNumber);
    const [from, before] = [new Date(query.createdFrom ?? 0), new Date(query.createdBefore ?? END_OF_TIME)];
    const [fromId, beforeId] = idsAround(from, before);
    if (query.createdFrom) {
      where('id', '>=', fromId);
      where('created_at', '>=', from);
    }
    if (query.createdBefore) {
      where('id', '<', beforeId);
      where('created_at', '<', before);
    }
    if (query.cursor) where('id', '<', query.cursor);
    const limit = values.push(query.limit + 1);
    const found = await this.read(`where ${conditions.join(' and ')} order by id desc limit $${limit}`, values);
    const page = found.slice(0, query.limit);
    return { data: page.map(paymentView), nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null };
  }

  /** Oldest first. */
  async events(biller: Biller, id: string): Promise<PaymentEventsView> {
    const payment = await this.find(biller, id);
    const events = await this.eventRows.find({ where: { paymentId: payment.id }, order: OLDEST_FIRST });
    return { data: events.map(eventView) };
  }

  /** How many payments of a biller a payer could still settle. */
  countOpen(manager: EntityManager, billerId: string): Promise<number> {
    return manager.countBy(Payment, {
      billerId,
      status: In(['opening', 'open', 'unconfirmed', 'declined', 'partially-paid']),
    });
  }

  private async find(biller: Biller, id: string): Promise<Payment> {
    const payment = isId(id) ? await this.payments.findOneBy({ id, billerId: biller.id }) : null;
    if (!payment) throw new PaymentNotFound('Check the payment id: this biller has no payment under it.');
    return payment;
  }
}
