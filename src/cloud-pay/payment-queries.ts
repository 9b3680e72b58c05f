import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { END_OF_TIME, idsAround, isId } from '../common/id.js';
import { RelayService } from '../relay/relay.service.js';
import { PaymentNotFound } from './errors.js';
import type { ListPaymentsQuery } from './list-payments.dto.js';
import { PaymentEvent } from './payment-event.entity.js';
import { Payment } from './payment.entity.js';
import { Receipt } from './receipt.entity.js';
import {
  eventView,
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
  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    @InjectRepository(PaymentEvent) private readonly eventRows: Repository<PaymentEvent>,
    @InjectRepository(Receipt) private readonly receipts: Repository<Receipt>,
    private readonly relay: RelayService,
  ) {}

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
    const select = this.payments.createQueryBuilder('p').where('p.billerId = :billerId', { billerId: biller.id });
    if (query.status) select.andWhere('p.status = :status', { status: query.status });
    if (query.invoiceNumber) select.andWhere('p.invoiceNumber = :invoice', { invoice: query.invoiceNumber });
    if (query.accountNumber) select.andWhere('p.accountNumber = :account', { account: query.accountNumber });
    const [from, before] = [new Date(query.createdFrom ?? 0), new Date(query.createdBefore ?? END_OF_TIME)];
    const [fromId, beforeId] = idsAround(from, before);
    if (query.createdFrom) select.andWhere('p.id >= :fromId and p.createdAt >= :from', { fromId, from });
    if (query.createdBefore) select.andWhere('p.id < :beforeId and p.createdAt < :before', { beforeId, before });
    if (query.cursor) select.andWhere('p.id < :cursor', { cursor: query.cursor });
    const found = await select
      .orderBy('p.id', 'DESC')
      .limit(query.limit + 1)
      .getMany();
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
