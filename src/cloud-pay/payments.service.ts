import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { ONE_TIME_PAYMENT_RETURN_URL } from '../billers/setting.entity.js';
import { newId, timeOfId } from '../common/id.js';
import { centsOf } from '../common/money.js';
import { PlatformError } from '../common/platform-error.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { InvoiceCloudRejected } from '../invoice-cloud/errors.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { CloudPaymentRequest } from './cpv2-request.dto.js';
import { PublicUrlMissing } from './errors.js';
import { type Claim, fingerprintOf, Idempotency } from './idempotency.js';
import { PaymentEvent } from './payment-event.entity.js';
import { Payment } from './payment.entity.js';
import { type OpenedPaymentView, paymentView } from './payment.view.js';
import { applyPolicy } from './policy.js';

/** Over Invoice Cloud's deadline, within which a process answers or is dead. Seconds. */
const LOCK_MARGIN = 15;

@Injectable()
export class PaymentsService {
  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    private readonly idempotency: Idempotency,
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Records the intent, asks Invoice Cloud for a hosted page, and records the answer.
   *
   * @param request as read from the caller; the policy's values are filled in
   * @param idempotencyKey the same key and request answer the same, without asking Invoice Cloud again
   * @param policy where more is fixed than the biller's own policy says
   * @throws PolicyViolation, BillerHasNoApiKey, IdempotencyKeyReused, IdempotencyKeyInUse: nothing was stored
   * @throws InvoiceCloudError: the payment is recorded as failed, and the next try makes a new one
   */
  async open(
    biller: Biller,
    request: CloudPaymentRequest,
    idempotencyKey?: string,
    policy = biller.cloudPayPolicy,
  ): Promise<OpenedPaymentView> {
    const fingerprint = fingerprintOf(request);
    applyPolicy(request, policy);
    request.ReturnURL ??= await this.billers.setting(biller.id, ONE_TIME_PAYMENT_RETURN_URL);
    const credentials = await this.billers.credentialsOf(biller);
    const { publicUrl } = this.config;
    if (!publicUrl) {
      throw new PublicUrlMissing('The operator sets PUBLIC_URL: without it Invoice Cloud could not report payments.');
    }

    const capability = newCapability();
    const payment = this.newPayment(biller, request, capability);
    const claim = idempotencyKey && {
      partnerId: biller.partnerId,
      billerId: biller.id,
      key: idempotencyKey,
      fingerprint,
    };
    const answered = await this.recordIntent(payment, claim || undefined);
    if (answered) return answered;

    try {
      const cloudPaymentUrl = await this.invoiceCloud.openCloudPayment(credentials, {
        ...request,
        PostBackURL: `${publicUrl}/postbacks/${capability}`,
      });
      return await this.recordOpened(payment, cloudPaymentUrl, claim || undefined);
    } catch (error) {
      await this.recordFailed(payment, error, claim || undefined);
      throw error;
    }
  }

  private newPayment(biller: Biller, request: CloudPaymentRequest, capability: string): Payment {
    const { PostBackURL, ...kept } = request;
    const [customer] = request.Customers;
    const [invoice] = customer?.Invoices ?? [];
    const id = newId();
    return Object.assign(new Payment(), {
      id,
      billerId: biller.id,
      partnerId: biller.partnerId,
      status: 'opening',
      accountNumber: customer?.AccountNumber,
      invoiceNumber: invoice?.InvoiceNumber,
      billerReference: request.BillerReference ?? null,
      amountDueCents: centsOf(invoice?.BalanceDue) ?? null,
      requestSealed: this.box.seal(JSON.stringify(kept), id, 'request'),
      hostedPageSealed: null,
      postbackUrl: PostBackURL ?? null,
      capabilityDigest: digestOf(capability),
      paymentGuid: null,
      amountPaidCents: null,
      feeCents: null,
      failureCode: null,
      failureDetail: null,
      needsReview: false,
      createdAt: timeOfId(id),
      updatedAt: timeOfId(id),
      openedAt: null,
      settledAt: null,
    });
  }

  private recordIntent(payment: Payment, claim: Claim | undefined): Promise<OpenedPaymentView | undefined> {
    return this.payments.manager.transaction(async (manager) => {
      if (claim) {
        const lockSeconds = this.config.invoiceCloud.timeoutMs / 1000 + LOCK_MARGIN;
        const result = await this.idempotency.claim(manager, claim, payment.id, lockSeconds);
        if (result.kind === 'answered') return result.answer;
        if (result.abandoned) await this.markAbandoned(manager, result.abandoned);
      }
      await manager.insert(Payment, payment);
      await addEvent(manager, payment.id, 'payment.opening', {});
      return undefined;
    });
  }

  private recordOpened(payment: Payment, url: string, claim: Claim | undefined): Promise<OpenedPaymentView> {
    return this.payments.manager.transaction(async (manager) => {
      const hostedPageSealed = this.box.seal(url, payment.id, 'hosted-page');
      // The payer may have been quicker than we: then the status stays what the PostBack made of it.
      await manager.query(
        `update payments set status = case when status = 'opening' then 'open' else status end,
           hosted_page_sealed = $2, opened_at = now(), updated_at = now() where id = $1`,
        [payment.id, hostedPageSealed],
      );
      await addEvent(manager, payment.id, 'payment.open', {});
      const stored = await manager.findOneByOrFail(Payment, { id: payment.id });
      const answer = { ...paymentView(stored), cloudPaymentUrl: url };
      if (claim) await this.idempotency.answer(manager, claim, answer);
      return answer;
    });
  }

  private recordFailed(payment: Payment, error: unknown, claim: Claim | undefined): Promise<void> {
    const failure =
      error instanceof PlatformError
        ? { code: error.type.code, detail: error instanceof InvoiceCloudRejected ? error.plain : error.detail }
        : { code: 'internal_error', detail: 'Something went wrong on our side.' };
    return this.payments.manager.transaction(async (manager) => {
      await markFailed(manager, payment.id, failure);
      if (claim) await this.idempotency.release(manager, claim, payment.id);
    });
  }

  /** A process died between asking Invoice Cloud and recording its answer; the page, if any, was shown to nobody. */
  private async markAbandoned(manager: EntityManager, paymentId: string): Promise<void> {
    await markFailed(manager, paymentId, {
      code: 'interrupted',
      detail: 'The platform stopped before the answer was recorded; the request was sent again as a new payment.',
    });
  }
}

async function markFailed(
  manager: EntityManager,
  paymentId: string,
  failure: { readonly code: string; readonly detail: string },
): Promise<void> {
  const [, changed] = await manager.query<[unknown, number]>(
    `update payments set status = 'failed', failure_code = $2, failure_detail = $3, updated_at = now()
     where id = $1 and status = 'opening'`,
    [paymentId, failure.code, failure.detail],
  );
  if (changed > 0) await addEvent(manager, paymentId, 'payment.failed', { code: failure.code });
}

export async function addEvent(
  manager: EntityManager,
  paymentId: string,
  type: PaymentEvent['type'],
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await manager.query(`insert into payment_events (id, payment_id, type, data) values ($1, $2, $3, $4)`, [
    newId(),
    paymentId,
    type,
    data,
  ]);
}

/** 256 bits, for the path of the PostBackURL: a query string might not survive the way. */
const newCapability = (): string => randomBytes(32).toString('base64url');
