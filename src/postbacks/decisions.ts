import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { addEvent } from '../cloud-pay/payment-event.entity.js';
import { type Attempt, type Known, type LockedPayment, type Settled, Settlement } from '../cloud-pay/settlement.js';
import { InvalidRequest } from '../common/platform-error.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import { PaymentGuidSpent, PostbackDecided, PostbackNotFound } from './errors.js';
import { acceptedForm } from './partner-message.js';
import { type PostbackMessage, readPostback } from './postback-message.js';
import { Postback } from './postback.entity.js';
import { PostbackRecorder } from './recorder.js';
import { paymentGuidIn, readAttempt } from './verdict.js';

/** What an administrator says about a held postback. What is left out is taken from the message. */
export interface Acceptance {
  readonly reason: string;
  readonly approved?: boolean | undefined;
  readonly paymentGuid?: string | undefined;
  readonly amountCents?: number | undefined;
  readonly feeCents?: number | undefined;
  /** Where the message came to an address that is no payment's. */
  readonly paymentId?: string | undefined;
}

/** What happened to the payment, if anything did. */
export interface Decided {
  readonly postbackId: string;
  readonly paymentId: string | null;
}

/** Held postbacks are decided by an administrator, who has looked at Invoice Cloud's own books. */
@Injectable()
export class PostbackDecisions {
  constructor(
    private readonly settlement: Settlement,
    private readonly relay: RelayService,
    private readonly recorder: PostbackRecorder,
  ) {}

  /**
   * Books what was held, as if it had been verified, and tells the partner.
   * @throws PostbackNotFound, PostbackDecided, PaymentGuidSpent
   * @throws InvalidRequest naming what the message does not say and the administrator did not
   */
  async accept(change: Change, id: string, acceptance: Acceptance): Promise<Decided> {
    const { manager } = change;
    const { postback, payment } = await this.lock(manager, id, acceptance.paymentId);
    if (!payment) throw InvalidRequest.of([{ field: 'paymentId', reason: 'must name the payment that this is about' }]);
    const message = readPostback(this.recorder.open(postback));
    const attempt = attemptOf(message, acceptance);
    const known = await this.settlement.known(manager, payment, attempt.paymentGuid);
    if (attempt.approved && known.spentBy !== null) {
      const whose = known.spentBy === payment.id ? 'this payment' : `payment ${known.spentBy}`;
      throw new PaymentGuidSpent(`It is a receipt of ${whose}. Reject the postback, or give the right paymentGuid.`);
    }
    await this.decide(change, postback, payment.id, 'verified', acceptance.reason);
    const settled = await this.record(manager, payment, attempt, known);
    if (settled.kind === 'moved' && payment.postbackUrl !== null) {
      await this.relay.enqueue(manager, {
        partnerId: payment.partnerId,
        subjectId: payment.id,
        billerId: payment.billerId,
        url: payment.postbackUrl,
        contentType: 'application/x-www-form-urlencoded',
        body: (sequence) =>
          acceptedForm(message, payment, attempt, { paymentId: payment.id, status: settled.status, sequence }),
      });
    }
    const { reason } = acceptance;
    const status = settled.kind === 'moved' ? settled.status : payment.status;
    change.record(
      'postback.accept',
      `postback:${id}`,
      { verdict: postback.verdict, reasons: postback.reasons },
      {
        verdict: 'verified',
        reason,
        paymentId: payment.id,
        status,
        ...attempt,
      },
    );
    return { postbackId: id, paymentId: payment.id };
  }

  /** Another payment may take the same PaymentGUID at the same moment. @throws PaymentGuidSpent */
  private async record(
    manager: EntityManager,
    payment: LockedPayment,
    attempt: Attempt,
    known: Known,
  ): Promise<Settled> {
    try {
      return await this.settlement.record(manager, payment, attempt, known);
    } catch (error) {
      if (!isUniqueViolation(error, 'receipts_payment_guid_key')) throw error;
      throw new PaymentGuidSpent('It has just become a receipt of another payment. Read the postback again.');
    }
  }

  /** It stays, sealed, and changes nothing. @throws PostbackNotFound, PostbackDecided */
  async reject(change: Change, id: string, reason: string): Promise<Decided> {
    const { postback } = await this.lock(change.manager, id, undefined);
    if (postback.verdict !== 'held') throw decided(postback);
    await this.decide(change, postback, postback.paymentId, 'rejected', reason);
    const before = { verdict: postback.verdict, reasons: postback.reasons };
    change.record('postback.reject', `postback:${id}`, before, { verdict: 'rejected', reason });
    return { postbackId: id, paymentId: postback.paymentId };
  }

  /** The payment first, as everywhere: who locks in another order waits for ever. */
  private async lock(
    manager: EntityManager,
    id: string,
    givenPaymentId: string | undefined,
  ): Promise<{ postback: Postback; payment: LockedPayment | null }> {
    const seen = await manager.findOneBy(Postback, { id });
    if (!seen) throw new PostbackNotFound('Check the id; GET /admin/v1/postbacks lists what is held or was rejected.');
    if (seen.paymentId !== null && givenPaymentId !== undefined && givenPaymentId !== seen.paymentId) {
      throw InvalidRequest.of([{ field: 'paymentId', reason: `must be left out: it came for ${seen.paymentId}` }]);
    }
    const paymentId = seen.paymentId ?? givenPaymentId;
    const payment = paymentId === undefined ? null : await this.settlement.byId(manager, paymentId);
    const postback = await manager.findOneOrFail(Postback, { where: { id }, lock: { mode: 'for_no_key_update' } });
    // Rejected by an administrator is final; an address that was no payment's is not a decision of anybody.
    if (postback.verdict === 'verified' || postback.decidedAt !== null) throw decided(postback);
    if (postback.paymentId === null && payment) await this.refuseTwin(manager, postback, payment.id);
    return { postback, payment };
  }

  /** The same message may have come to the payment's own address as well: then that one is to be decided, if any. */
  private async refuseTwin(manager: EntityManager, { meaning }: Postback, paymentId: string): Promise<void> {
    const twin = await manager.findOneBy(Postback, { paymentId, meaning });
    if (twin) throw new PostbackDecided(`The payment has the same message already: postback ${twin.id}.`);
  }

  private async decide(
    { manager, actor }: Change,
    postback: Postback,
    paymentId: string | null,
    verdict: 'verified' | 'rejected',
    reason: string,
  ): Promise<void> {
    await manager.query(
      `update postbacks set verdict = $2, payment_id = $3, decided_at = now(), decided_by = $4, decision_reason = $5
       where id = $1`,
      [postback.id, verdict, paymentId, actor.name, reason],
    );
    if (paymentId === null) return;
    await manager.query(
      `update payments set updated_at = now(), needs_review =
         exists (select 1 from postbacks where payment_id = $1 and verdict = 'held') where id = $1`,
      [paymentId],
    );
    const type = verdict === 'verified' ? 'postback.accepted' : 'postback.rejected';
    await addEvent(manager, paymentId, type, { postbackId: postback.id });
  }
}

/** What the administrator says goes before what the message says. */
function attemptOf(message: PostbackMessage, given: Acceptance): Attempt {
  // A message that can be read in two ways is read in neither.
  const read = message.doubts.length > 0 ? undefined : readAttempt(message);
  const approved = given.approved ?? read?.approved;
  // In the spelling of the books, or the same payment would be booked twice.
  const paymentGuid = (given.paymentGuid && paymentGuidIn(given.paymentGuid)) ?? read?.paymentGuid;
  const amountCents = given.amountCents ?? read?.amountCents;
  const feeCents = given.feeCents ?? read?.feeCents ?? null;
  if (approved === undefined || paymentGuid === undefined || amountCents === undefined) {
    const missing = Object.entries({ approved, paymentGuid, amountCents }).filter(([, value]) => value === undefined);
    throw InvalidRequest.of(
      missing.map(([field]) => ({ field, reason: 'must be given: the postback does not say it readably' })),
    );
  }
  if (approved && amountCents === 0) {
    throw InvalidRequest.of([{ field: 'amountCents', reason: 'must be above 0 where the payment is approved' }]);
  }
  return { approved, paymentGuid, amountCents, feeCents };
}

const decided = ({ decidedBy, verdict }: Postback): PostbackDecided =>
  new PostbackDecided(
    decidedBy
      ? `${decidedBy} has decided already: ${verdict}.`
      : `It was ${verdict} when it came; nothing is to decide.`,
  );
