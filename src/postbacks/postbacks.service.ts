import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { type Known, type LockedPayment, type Settled, Settlement } from '../cloud-pay/settlement.js';
import { traceOf } from '../common/problem.js';
import { digestOf } from '../common/secret-box.js';
import { mayWorkAgain } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import { PostbackUnknown } from './errors.js';
import { relayedForm } from './partner-message.js';
import { type RawPostback, readPostback } from './postback-message.js';
import { QuickPostbacks } from './quick-postbacks.js';
import { PostbackRecorder, type Received } from './recorder.js';
import { judge, paymentGuidOf, type Verdict } from './verdict.js';

/** Ten seconds in all: a restart of PostgreSQL, and no longer than a sender waits. */
const RETRY_AFTER_MS = [0, 100, 400, 1_000, 2_000, 3_000, 3_000];

interface Decision {
  readonly verdict: Verdict;
  readonly known: Known;
}

/** What Invoice Cloud says has happened. It says so once and unsigned, so: store first, believe what agrees, answer. */
@Injectable()
export class PostbacksService {
  private readonly logger = new Logger('postbacks');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settlement: Settlement,
    private readonly relay: RelayService,
    private readonly recorder: PostbackRecorder,
    private readonly quick: QuickPostbacks,
  ) {}

  /**
   * Records a message, and what follows from it, in one transaction (which it may share with others). Returns when that is
   * committed.
   * @throws PostbackUnknown when no payment has this capability; that costs the caller the same time
   */
  async receive(capability: string, raw: RawPostback): Promise<void> {
    const received = this.recorder.receive('postback', raw, readPostback(raw));
    const known = await this.recorded(capability, received);
    this.relay.wake();
    if (!known) throw new PostbackUnknown('Check the address: it belongs to no payment of this platform.');
  }

  /** @returns false when no payment has this capability */
  private async recorded(capability: string, received: Received): Promise<boolean> {
    if (await this.quick.receive(capability, received)) return true;
    const digest = digestOf(capability);
    return this.inTransaction((manager) => this.record(manager, digest, received));
  }

  /**
   * Again, when the database says that another try may do: a deadlock, a failover, the same PaymentGUID for another payment at
   * the same moment. Invoice Cloud may never send it again, and the same message is recorded once however often it is tried.
   */
  private async inTransaction(work: (manager: EntityManager) => Promise<boolean>): Promise<boolean> {
    for (const wait of RETRY_AFTER_MS) {
      try {
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (!mayWorkAgain(error)) throw error;
        this.logger.warn(traceOf(error), 'postback not recorded, trying again');
        await sleep(wait);
      }
    }
    return this.dataSource.transaction(work);
  }

  private async record(manager: EntityManager, digest: Buffer, received: Received): Promise<boolean> {
    const payment = await this.settlement.byCapability(manager, digest);
    if (!payment) {
      await this.recorder.storeUnknown(manager, received);
      return false;
    }
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
}
