import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { outcomeOf } from '../cloud-pay/payment-status.js';
import { type LockedPayment, Settlement } from '../cloud-pay/settlement.js';
import { dollarsOf } from '../common/money.js';
import { PostbackNotFound } from './errors.js';
import { fieldOf, readPostback } from './postback-message.js';
import { Postback } from './postback.entity.js';
import type { ComparisonView, PostbackDetailView, PostbackPageView, PostbackView } from './postback.view.js';
import { PostbackRecorder } from './recorder.js';
import { candidatesFor, saidIn } from './strays.js';
import { readAttempt } from './verdict.js';

interface DoubtfulQuery {
  readonly verdict: 'held' | 'rejected';
  readonly paymentId?: string | undefined;
  readonly withoutPayment?: boolean | undefined;
  readonly receivedFrom?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What did not agree, for the administrator who decides. Shows what money hangs on, and nothing else of a payer. */
@Injectable()
export class DoubtfulPostbacks {
  constructor(
    @InjectRepository(Postback) private readonly postbacks: Repository<Postback>,
    private readonly settlement: Settlement,
    private readonly recorder: PostbackRecorder,
  ) {}

  /** The oldest first: they have waited longest. */
  async list({
    verdict,
    paymentId,
    withoutPayment,
    receivedFrom,
    cursor,
    limit,
  }: DoubtfulQuery): Promise<PostbackPageView> {
    const select = this.postbacks.createQueryBuilder('b').where('b.verdict = :verdict', { verdict });
    if (paymentId) select.andWhere('b.paymentId = :paymentId', { paymentId });
    if (withoutPayment) select.andWhere('b.paymentId is null');
    if (receivedFrom) select.andWhere('b.receivedAt >= :receivedFrom', { receivedFrom });
    if (cursor) select.andWhere('b.id > :cursor', { cursor });
    const found = await select
      .orderBy('b.id', 'ASC')
      .limit(limit + 1)
      .getMany();
    const page = found.slice(0, limit);
    return {
      data: page.map((postback) => this.view(postback)),
      nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null,
    };
  }

  /** @throws PostbackNotFound */
  async get(id: string): Promise<PostbackDetailView> {
    const { manager } = this.postbacks;
    const postback = await manager.findOneBy(Postback, { id });
    if (!postback)
      throw new PostbackNotFound('Check the id; GET /admin/v1/postbacks lists what is held or was rejected.');
    const payment = postback.paymentId === null ? null : await this.settlement.look(manager, postback.paymentId);
    const message = readPostback(this.recorder.open(postback));
    const said = (name: string): string | null => fieldOf(message, name)?.slice(0, 200) ?? null;
    const rows: [string, string | null][] = [
      ['BillerGUID', payment?.billerGuid ?? null],
      ['InvoiceNumber', payment?.invoiceNumber ?? null],
      ['BillerReference', payment?.billerReference ?? null],
      ['Approved', null],
      ['PaymentGUID', null],
      ['PaymentAmount', dollars(payment?.amountDueCents)],
      ['ConvenienceFee', null],
      ['BalanceDue', null],
    ];
    const comparison: ComparisonView[] = rows
      .map(([field, asked]) => ({ field, asked, said: said(field) }))
      .filter((row) => row.asked !== null || row.said !== null);
    const read = message.doubts.length > 0 ? undefined : readAttempt(message);
    const { approved, paymentGuid, amountCents } = read ?? {};
    const decidable = payment && approved !== undefined && paymentGuid !== undefined && amountCents !== undefined;
    return {
      ...this.view(postback),
      candidates: payment === null ? await candidatesFor(manager, message) : [],
      payment: payment && {
        id: payment.id,
        billerId: payment.billerId,
        status: payment.status,
        amountDueCents: payment.amountDueCents,
        amountPaidCents: payment.amountPaidCents,
      },
      comparison,
      ifAccepted:
        decidable && postback.verdict === 'held'
          ? await this.preview(manager, payment, { approved, paymentGuid, amountCents })
          : null,
    };
  }

  private view(postback: Postback): PostbackView {
    const said = postback.paymentId === null ? saidIn(readPostback(this.recorder.open(postback))) : null;
    return { ...view(postback), said };
  }

  private async preview(
    manager: EntityManager,
    payment: LockedPayment,
    said: { approved: boolean; paymentGuid: string; amountCents: number },
  ): Promise<PostbackDetailView['ifAccepted']> {
    if (!said.approved)
      return { status: payment.amountPaidCents === null ? 'declined' : payment.status, refundCents: 0 };
    const known = await this.settlement.known(manager, payment, said.paymentGuid);
    if (known.spentBy !== null) return null;
    const { status, refundCents } = outcomeOf(payment, said.amountCents, known);
    return { status, refundCents };
  }
}

const dollars = (cents: number | null | undefined): string | null =>
  cents === null || cents === undefined ? null : dollarsOf(cents);

const view = (postback: Postback): Omit<PostbackView, 'said'> => ({
  id: postback.id,
  paymentId: postback.paymentId,
  addressedTo: postback.addressedTo,
  source: postback.source,
  verdict: postback.verdict,
  reasons: postback.reasons,
  paymentGuid: postback.paymentGuid,
  receivedAt: postback.receivedAt.toISOString(),
  decidedAt: postback.decidedAt?.toISOString() ?? null,
  decidedBy: postback.decidedBy,
  decisionReason: postback.decisionReason,
});
