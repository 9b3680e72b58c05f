import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { type Known, type LockedPayment, type Settled, Settlement } from '../cloud-pay/settlement.js';
import { Alerts } from '../common/alerts.js';
import { traceOf } from '../common/problem.js';
import { mayWorkAgain } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import type { Address } from './address.js';
import { relayedForm } from './partner-message.js';
import { QuickPostbacks } from './quick-postbacks.js';
import { PostbackRecorder, type Received } from './recorder.js';
import { judge, paymentGuidOf, type Verdict } from './verdict.js';

/** Ten seconds in all: a restart of PostgreSQL, and no longer than a sender waits. */
const RETRY_AFTER_MS = [0, 100, 400, 1_000, 2_000, 3_000, 3_000];

interface Decision {
  readonly verdict: Verdict;
  readonly known: Known;
}

/** Who has lost patience tries no more. */
export interface Patience {
  isOver: boolean;
}

/** Records a message, and what follows from it, in one transaction, which it may share with others. */
@Injectable()
export class PostbackRecording {
  private readonly logger = new Logger('postbacks');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settlement: Settlement,
    private readonly relay: RelayService,
    private readonly recorder: PostbackRecorder,
    private readonly quick: QuickPostbacks,
    private readonly alerts: Alerts,
  ) {}

  /** Many at once, where all is as usual. @returns false when nothing was done */
  quickly(address: Address, received: Received): Promise<boolean> {
    return this.quick.receive(address, received);
  }

  /** In full, once. @returns false when no payment has this address */
  inFull(address: Address, received: Received): Promise<boolean> {
    return this.dataSource.transaction((manager) => this.record(manager, address, received));
  }

  /**
   * Again, when the database says that another try may do: a deadlock, a failover, the same PaymentGUID for another payment at
   * the same moment. Invoice Cloud may never send it again, and the same message is recorded once however often it is tried.
   * @returns false when no payment has this address
   */
  async patiently(address: Address, received: Received, patience: Patience): Promise<boolean> {
    if (await this.quickly(address, received)) return true;
    for (const wait of RETRY_AFTER_MS) {
      try {
        return await this.inFull(address, received);
      } catch (error) {
        if (!mayWorkAgain(error) || patience.isOver) throw error;
        this.logger.warn(traceOf(error), 'postback not recorded, trying again');
        await sleep(wait);
      }
    }
    return this.inFull(address, received);
  }

  private async record(manager: EntityManager, address: Address, received: Received): Promise<boolean> {
    const payment = await this.settlement.byCapability(manager, address.digest);
    if (!payment) return this.withoutPayment(manager, address, received);
    const { verdict, known } = await this.decide(manager, payment, received);
    const reasons = verdict.verdict === 'held' ? verdict.reasons : [];
    if (!(await this.recorder.store(manager, payment, received, verdict.verdict, reasons))) return true;
    if (verdict.verdict === 'held') {
      await this.settlement.hold(manager, payment.id, verdict.reasons);
      this.logger.warn({ paymentId: payment.id, reasons }, 'postback held');
      return true;
    }
    const settled = await this.settlement.record(manager, payment, verdict.attempt, known);
    if (settled.kind === 'alert') this.logger.warn({ paymentId: payment.id, reason: settled.reason }, 'postback alert');
    else await this.tellPartner(manager, payment, settled, received);
    return true;
  }

  /** The verdict on the message, and then against what is already recorded. */
  private async decide(manager: EntityManager, payment: LockedPayment, { message }: Received): Promise<Decision> {
    const known = await this.settlement.known(manager, payment, paymentGuidOf(message));
    const { otherPagesCents, spentBy } = known;
    const verdict = judge(message, { ...payment, otherPagesCents });
    if (verdict.verdict === 'held' || !verdict.attempt.approved || spentBy === null) return { verdict, known };
    // The same message again gets here too, and is then found stored.
    const reason = spentBy === payment.id ? 'contradicts-earlier-postback' : 'payment-guid-of-another-payment';
    return { verdict: { verdict: 'held', reasons: [reason] }, known };
  }

  private async tellPartner(
    manager: EntityManager,
    payment: LockedPayment,
    { status }: Settled & { kind: 'moved' },
    { raw, message }: Received,
  ): Promise<void> {
    if (payment.postbackUrl === null) return;
    await this.relay.enqueue(manager, {
      partnerId: payment.partnerId,
      subjectId: payment.id,
      billerId: payment.billerId,
      url: payment.postbackUrl,
      contentType: 'application/x-www-form-urlencoded',
      body: (sequence) => relayedForm(raw, message, { paymentId: payment.id, status, sequence }),
    });
  }

  /**
   * A genuine address was made for a payment that is not here any more: the database was restored to a time before it. Money may have
   * moved, so an administrator decides. A stranger's message is kept for a while, and means nothing.
   */
  private async withoutPayment(manager: EntityManager, address: Address, received: Received): Promise<boolean> {
    const { paymentId } = address;
    if (paymentId === undefined || !address.isGenuine) {
      await this.recorder.storeUnknown(manager, received);
      return false;
    }
    await this.recorder.holdWithoutPayment(manager, paymentId, received);
    this.logger.error({ paymentId }, 'a genuine postback came for a payment that is not in the database');
    this.alerts.raise('postback-after-restore', '', 'A PostBack of such a payment is held.');
    return true;
  }
}
