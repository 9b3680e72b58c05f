import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { PlatformError } from '../common/platform-error.js';
import { traceOf } from '../common/problem.js';
import { SecretBox } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { InvoiceCloudError, InvoiceCloudRejected } from '../invoice-cloud/errors.js';
import { promiseHolds } from '../spool/spool-rows.js';
import { type Earlier, nextStep } from './earlier.js';
import { journaled } from './journaled-opening.js';
import { beingOpened, refusal } from './opening-refusals.js';
import { type Claim, Idempotency } from './idempotency.js';
import { QuickOpenings } from './quick-openings.js';
import { OpeningsJournal } from '../journal/openings-journal.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { addEvent } from './payment-event.entity.js';
import { pagesOf, subtractedOf } from './parts.js';
import type { PaymentStatus } from './payment-status.js';
import { Payment } from './payment.entity.js';
import { type OpenedPaymentView, paymentView } from './payment.view.js';

/** Over Invoice Cloud's deadline, within which a process answers or is dead. Seconds. */
const LOCK_MARGIN = 15;

/** When a page was opened, by the database's clock, and how long it can be used from then on. */
export interface PageLife {
  readonly openedAt: Date;
  readonly pageSeconds: number;
}

/** The record of an opening: the intent before Invoice Cloud is asked, and what came of it. Never calls anybody. */
@Injectable()
export class Openings {
  private readonly logger = new Logger('cloud-pay');

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    private readonly idempotency: Idempotency,
    private readonly quick: QuickOpenings,
    private readonly box: SecretBox,
    private readonly journal: OpeningsJournal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The answer that an Idempotency-Key has already. @throws IdempotencyKeyReused */
  answered(claim: Claim): Promise<OpenedPaymentView | undefined> {
    return this.idempotency.answered(claim);
  }

  /**
   * Records a payment as `opening`, unless its request or its invoice has an answer already.
   * @returns that answer: of the same Idempotency-Key, or the page of the same invoice that still lives
   * @throws IdempotencyKeyReused, IdempotencyKeyInUse, InvoiceAlreadyPaid, InvoiceBeingOpened, PaymentBeingRecorded,
   * PaymentUncertain: nothing was stored
   */
  async recordIntent(payment: Payment, claim: Claim | undefined): Promise<OpenedPaymentView | undefined> {
    if (await this.quick.recordIntent(payment, claim, this.lockSeconds())) return undefined;
    const replay = claim && (await this.idempotency.answered(claim));
    if (replay) return replay;
    try {
      return await this.decideIntent(payment, claim);
    } catch (error) {
      // Somebody else was quicker, between our look and our insert.
      if (!isUniqueViolation(error, 'payments_one_opening_key')) throw error;
      throw beingOpened('another one');
    }
  }

  private decideIntent(payment: Payment, claim: Claim | undefined): Promise<OpenedPaymentView | undefined> {
    return this.payments.manager.transaction(async (manager) => {
      if (claim) {
        const result = await this.idempotency.claim(manager, claim, payment.id, this.lockSeconds());
        if (result.kind === 'answered') return result.answer;
        if (result.abandoned) await markUnopened(manager, result.abandoned, INTERRUPTED);
      }
      const [newest] = await this.earlier(manager, payment);
      const step = nextStep(newest);
      if (newest && step !== 'new-page') {
        if (step === 'same-page') return this.reuse(manager, newest.id, payment.id, claim);
        throw refusal(step, newest);
      }
      const lost = newest?.status === 'unconfirmed' || newest?.status === 'opening';
      if (newest?.status === 'opening') await markUnopened(manager, newest.id, INTERRUPTED);
      payment.supersedesId = lost ? newest.id : null;
      const parts = await this.countParts(manager, payment);
      // Not into the entity by itself: cents would come back as text.
      const insert = manager.createQueryBuilder().insert().into(Payment).values(payment).updateEntity(false);
      const { raw } = (await insert.returning('created_at').execute()) as { raw: [{ created_at: Date }] };
      payment.createdAt = payment.updatedAt = raw[0].created_at;
      await addEvent(manager, payment.id, 'payment.opening', { ...(lost && { supersedes: newest.id }), ...parts });
      return undefined;
    });
  }

  /** @returns for the event, where parts were paid: how much, and how much of it BalanceDue no longer asks for */
  private async countParts(manager: EntityManager, payment: Payment): Promise<object> {
    const pages = await pagesOf(manager, payment);
    const paidInPartsCents = pages.parts.reduce((sum, part) => sum + part, 0);
    payment.subtractedCents = subtractedOf(payment.amountDueCents, pages);
    payment.otherPagesCents = paidInPartsCents - payment.subtractedCents;
    return paidInPartsCents > 0 ? { paidInPartsCents, subtractedCents: payment.subtractedCents } : {};
  }

  async recordOpened(
    payment: Payment,
    url: string,
    { openedAt, pageSeconds }: PageLife,
    claim: Claim | undefined,
  ): Promise<OpenedPaymentView> {
    const hostedPageSealed = this.box.seal(url, payment.id, PAGE);
    const pageExpiresAt = new Date(openedAt.getTime() + pageSeconds * 1000);
    const answer = {
      ...paymentView(payment),
      status: 'open' as const,
      openedAt: openedAt.toISOString(),
      pageExpiresAt: pageExpiresAt.toISOString(),
      cloudPaymentUrl: url,
      reused: false,
    };
    const opened = { id: payment.id, hostedPageSealed, openedAt, pageExpiresAt };
    // Beside the database's own record: an opening waits for the slower of both.
    const written = this.journal.append(payment.id, journaled(payment, opened));
    const quick = await this.quick.recordOpened(opened, claim && { claim, answer });
    const told = quick ? answer : await this.decideOpened(payment, url, hostedPageSealed, pageSeconds, claim);
    await written;
    return told;
  }

  private decideOpened(
    payment: Payment,
    url: string,
    hostedPageSealed: string,
    pageSeconds: number,
    claim: Claim | undefined,
  ): Promise<OpenedPaymentView> {
    return this.payments.manager.transaction(async (manager) => {
      if (claim) await this.idempotency.hold(manager, claim, payment.id);
      // The payer may have been quicker than we, or the janitor: then the status stays what they made of it.
      const [[before]] = await manager.query<[{ status: PaymentStatus }[], number]>(
        `with before as (select status from payments where id = $1 for no key update)
         update payments set status = case when before.status = 'opening' then 'open' else before.status end,
           hosted_page_sealed = $2, opened_at = now(), page_expires_at = now() + make_interval(secs => $3),
           updated_at = now() from before where id = $1 returning before.status`,
        [payment.id, hostedPageSealed, pageSeconds],
      );
      if (!before) throw new Error(`payment ${payment.id} is gone`);
      // Who reads events takes the last of them for the status: a payment that is paid does not become open again.
      const late = before.status !== 'opening';
      await addEvent(manager, payment.id, late ? 'page.opened' : 'payment.open', late ? { status: before.status } : {});
      const stored = await manager.findOneByOrFail(Payment, { id: payment.id });
      const answer = { ...paymentView(stored), cloudPaymentUrl: url, reused: false };
      if (claim) await this.idempotency.answer(manager, claim, payment.id, answer);
      return answer;
    });
  }

  /** Never throws: the caller is to hear of the failure itself. What can't be recorded now, the sweep finds. */
  async recordUnopened(payment: Payment, error: unknown, claim: Claim | undefined): Promise<void> {
    try {
      await this.payments.manager.transaction(async (manager) => {
        if (claim) await this.idempotency.release(manager, claim, payment.id);
        await markUnopened(manager, payment.id, failureOf(error));
      });
    } catch (second) {
      this.logger.error({ paymentId: payment.id, ...traceOf(second) }, 'failure not recorded');
    }
  }

  /** Payments whose process died before Invoice Cloud's answer was recorded: nobody was given their page. */
  async sweep(): Promise<void> {
    const abandoned = await this.payments.manager.query<{ id: string }[]>(
      `select id from payments where status = 'opening' and created_at < now() - make_interval(secs => $1) limit 500`,
      [2 * this.lockSeconds()],
    );
    for (const { id } of abandoned) {
      await this.payments.manager.transaction((manager) => markUnopened(manager, id, INTERRUPTED));
    }
  }

  /**
   * Of the payments for the same invoice: one that settled it, is opened now, or can be given again, else the newest. Openings of one
   * invoice go one after the other. One statement, so that records, marks and promises are those of one moment.
   */
  private async earlier(manager: EntityManager, payment: Payment): Promise<Earlier[]> {
    const { billerId, accountNumber, invoiceNumber, termsDigest } = payment;
    await manager.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      JSON.stringify([billerId, accountNumber, invoiceNumber]),
    ]);
    return manager.query<Earlier[]>(
      `select id, status, coalesce(terms_digest = $4, false) as "sameTerms",
         status in ('open', 'declined', 'partially-paid') and page_expires_at > now() and hosted_page_sealed is not null
           as "pageLives",
         created_at < now() - make_interval(secs => $5) as abandoned,
         (select p.id from payments p join spool_marks m on m.subject_id = p.id
          where p.biller_id = $1 and p.invoice_number = $2 and p.account_number = $3 limit 1) as "beingRecorded",
         exists (select from payments p where p.biller_id = $1 and p.invoice_number = $2 and p.account_number = $3
             and p.status <> 'failed')
           and exists (select from spools s where not ${promiseHolds('s')}) as uncertain
       from payments where biller_id = $1 and invoice_number = $2 and account_number = $3
       order by status in ('paid', 'overpaid', 'duplicate-payment') desc, status = 'opening' desc,
         (status in ('open', 'declined', 'partially-paid') and page_expires_at > now() and terms_digest = $4) is true desc,
         created_at desc, id desc limit 1`,
      [billerId, invoiceNumber, accountNumber, termsDigest, this.lockSeconds()],
    );
  }

  private async reuse(
    manager: EntityManager,
    id: string,
    claimedFor: string,
    claim: Claim | undefined,
  ): Promise<OpenedPaymentView> {
    const stored = await manager.findOneByOrFail(Payment, { id });
    const cloudPaymentUrl = this.box.open(stored.hostedPageSealed ?? '', id, PAGE);
    const answer = { ...paymentView(stored), cloudPaymentUrl, reused: true };
    if (claim) await this.idempotency.answer(manager, claim, claimedFor, answer);
    return answer;
  }

  private lockSeconds(): number {
    return this.config.invoiceCloud.timeoutMs / 1000 + LOCK_MARGIN;
  }
}

const PAGE = 'hosted-page';

interface Failure {
  /** `failed` where Invoice Cloud certainly made no page, `unconfirmed` where it may have. */
  readonly status: 'failed' | 'unconfirmed';
  readonly code: string;
  readonly detail: string;
}

const INTERRUPTED: Failure = {
  status: 'unconfirmed',
  code: 'interrupted',
  detail: 'The platform stopped before the answer was recorded. Send the request again; it makes a new payment.',
};

function failureOf(error: unknown): Failure {
  const status = error instanceof InvoiceCloudError && error.outcome === 'not-done' ? 'failed' : 'unconfirmed';
  if (error instanceof InvoiceCloudRejected) return { status, code: error.type.code, detail: error.plain };
  if (error instanceof PlatformError) return { status, code: error.type.code, detail: error.detail };
  return { status, code: 'internal_error', detail: 'Something went wrong on our side.' };
}

async function markUnopened(manager: EntityManager, paymentId: string, failure: Failure): Promise<void> {
  const [, changed] = await manager.query<[unknown, number]>(
    `update payments set status = $2, failure_code = $3, failure_detail = $4, updated_at = now()
     where id = $1 and status = 'opening'`,
    [paymentId, failure.status, failure.code, failure.detail],
  );
  if (changed > 0) await addEvent(manager, paymentId, `payment.${failure.status}`, { code: failure.code });
}
