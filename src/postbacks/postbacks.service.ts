import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import type { Payment } from '../cloud-pay/payment.entity.js';
import { mayBecome } from '../cloud-pay/payment-status.js';
import { Settlement } from '../cloud-pay/settlement.js';
import { newId } from '../common/id.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import { PostbackUnknown } from './errors.js';
import { formOf, type PostbackMessage, type RawPostback, readPostback } from './postback-message.js';
import { judge, meaningOf, paymentGuidOf, type Verdict } from './verdict.js';

interface Received {
  readonly id: string;
  readonly raw: RawPostback;
  readonly message: PostbackMessage;
  readonly rawSealed: string;
  readonly meaning: Buffer;
}

/** What Invoice Cloud says has happened. It says so once and unsigned, so: store first, believe what agrees, answer. */
@Injectable()
export class PostbacksService {
  private readonly logger = new Logger('postbacks');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settlement: Settlement,
    private readonly relay: RelayService,
    private readonly box: SecretBox,
  ) {}

  /**
   * Records a message, and what follows from it, in one transaction. Returns when it is committed.
   * @throws PostbackUnknown when no payment has this capability; that costs the caller the same time
   */
  async receive(capability: string, raw: RawPostback): Promise<void> {
    const id = newId();
    const message = readPostback(raw);
    const received = {
      id,
      raw,
      message,
      rawSealed: this.box.seal(JSON.stringify(raw), id, 'raw'),
      meaning: meaningOf(message, raw),
    };
    const digest = digestOf(capability);
    const known = await this.inTransaction((manager) => this.record(manager, digest, received));
    if (!known) throw new PostbackUnknown('Check the address: it belongs to no payment of this platform.');
  }

  /** Twice at most: another payment may settle with the same PaymentGUID at the same moment; the second look sees it. */
  private async inTransaction(work: (manager: EntityManager) => Promise<boolean>): Promise<boolean> {
    try {
      return await this.dataSource.transaction(work);
    } catch (error) {
      if (!isUniqueViolation(error, 'payments_payment_guid_key')) throw error;
      return this.dataSource.transaction(work);
    }
  }

  private async record(manager: EntityManager, digest: Buffer, received: Received): Promise<boolean> {
    const payment = await this.settlement.lock(manager, digest);
    if (!payment) {
      // Writes as much to the log and waits for the same flush as a known one does, and leaves no row behind.
      await manager.query(`select pg_logical_emit_message(true, 'billbridge', $1::text)`, [received.rawSealed]);
      return false;
    }
    const biller = await manager.findOneByOrFail(Biller, { id: payment.billerId });
    const verdict = await this.decide(manager, payment, biller, received);
    if (!(await this.store(manager, payment, received, verdict))) return true;
    if (verdict.verdict === 'held') {
      await this.settlement.hold(manager, payment, verdict.reasons);
      this.logger.warn({ paymentId: payment.id, reasons: verdict.reasons }, 'postback held');
      return true;
    }
    await this.settlement.record(manager, payment, verdict.attempt);
    if (payment.postbackUrl !== null) await this.tellPartner(manager, payment, payment.postbackUrl, received);
    return true;
  }

  /** The verdict on the message alone, and then against what is already recorded. */
  private async decide(manager: EntityManager, payment: Payment, biller: Biller, received: Received): Promise<Verdict> {
    const verdict = judge(received.message, { ...payment, billerGuid: biller.billerGuid });
    if (verdict.verdict === 'held') return verdict;
    const { attempt } = verdict;
    const reasons: string[] = [];
    const earlier = await manager.query<unknown[]>(
      `select 1 from postbacks
       where payment_id = $1 and payment_guid = $2 and meaning <> $3 and verdict = 'verified'`,
      [payment.id, attempt.paymentGuid, received.meaning],
    );
    if (earlier.length > 0) reasons.push('contradicts-earlier-postback');
    if (attempt.approved && (await this.settlement.isSpent(manager, payment, attempt.paymentGuid))) {
      reasons.push('payment-guid-of-another-payment');
    }
    if (!mayBecome(payment.status, attempt.approved ? 'paid' : 'declined')) {
      reasons.push(attempt.approved ? 'already-paid' : 'refusal-after-payment');
    }
    return reasons.length > 0 ? { verdict: 'held', reasons } : verdict;
  }

  /** @returns false when the same message was stored before: then nothing happens twice */
  private async store(
    manager: EntityManager,
    payment: Payment,
    { id, message, rawSealed, meaning }: Received,
    verdict: Verdict,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `insert into postbacks (id, payment_id, verdict, reasons, payment_guid, meaning, raw_sealed)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (payment_id, meaning) do nothing returning id`,
      [
        id,
        payment.id,
        verdict.verdict,
        verdict.verdict === 'held' ? verdict.reasons : [],
        paymentGuidOf(message),
        meaning,
        rawSealed,
      ],
    );
    return rows.length > 0;
  }

  /** As Invoice Cloud would have sent it: the same fields, form-encoded. */
  private async tellPartner(
    manager: EntityManager,
    payment: Payment,
    url: string,
    { raw, message }: Received,
  ): Promise<void> {
    await this.relay.enqueue(manager, {
      partnerId: payment.partnerId,
      subjectId: payment.id,
      billerId: payment.billerId,
      url,
      contentType: 'application/x-www-form-urlencoded',
      body: formOf(raw, message),
    });
  }
}
