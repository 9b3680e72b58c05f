import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import type { Biller, CloudPayPolicy } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { SettingsService } from '../billers/settings.service.js';
import { ONE_TIME_PAYMENT_RETURN_URL } from '../billers/setting.entity.js';
import { newId, timeOfId } from '../common/id.js';
import { centsOf } from '../common/money.js';
import { PlatformError } from '../common/platform-error.js';
import { traceOf } from '../common/problem.js';
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

export interface OpenOptions {
  /** The same key and request answer the same, without asking Invoice Cloud again. */
  readonly idempotencyKey?: string | undefined;
  /** Where more is fixed than the biller's own policy says. */
  readonly policy?: CloudPayPolicy;
  /** Which of the platform's routes was asked. */
  readonly route?: string;
}

@Injectable()
export class PaymentsService {
  private readonly logger = new Logger('cloud-pay');

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    private readonly idempotency: Idempotency,
    private readonly billers: BillersService,
    private readonly settings: SettingsService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Records the intent, asks Invoice Cloud for a hosted page, and records the answer.
   *
   * @param request as read from the caller; the policy's values are filled in
   * @throws PolicyViolation, BillerHasNoApiKey, IdempotencyKeyReused, IdempotencyKeyInUse: nothing was stored
   * @throws InvoiceCloudError: the payment is recorded as failed, and the next try makes a new one
   */
  async open(
    biller: Biller,
    request: CloudPaymentRequest,
    { idempotencyKey, policy = biller.cloudPayPolicy, route = 'cloud-pay' }: OpenOptions = {},
  ): Promise<OpenedPaymentView> {
    const claim = idempotencyKey && {
      partnerId: biller.partnerId,
      billerId: biller.id,
      key: idempotencyKey,
      fingerprint: fingerprintOf(route, request),
    };
    // Before the policy is looked at: it may have changed since, and the same key and body have the same answer.
    const replay = claim && (await this.idempotency.answered(claim));
    if (replay) return replay;

    applyPolicy(request, policy);
    request.ReturnURL ??= await this.settings.valueOf(biller.id, ONE_TIME_PAYMENT_RETURN_URL);
    const credentials = await this.billers.credentialsOf(biller);
    const { publicUrl } = this.config;
    if (!publicUrl) {
      throw new PublicUrlMissing('The operator sets PUBLIC_URL: without it Invoice Cloud could not report payments.');
    }

    const capability = newCapability();
    const payment = newPayment(biller, request, capability);
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

  /** Payments whose process died before Invoice Cloud's answer was recorded: nobody was given their page. */
  async sweep(): Promise<void> {
    const abandoned = await this.payments.manager.query<{ id: string }[]>(
      `select id from payments where status = 'opening' and created_at < now() - make_interval(secs => $1) limit 500`,
      [2 * this.lockSeconds()],
    );
    for (const { id } of abandoned) {
      await this.payments.manager.transaction((manager) => markFailed(manager, id, INTERRUPTED));
    }
  }

  private recordIntent(payment: Payment, claim: Claim | undefined): Promise<OpenedPaymentView | undefined> {
    return this.payments.manager.transaction(async (manager) => {
      if (claim) {
        const result = await this.idempotency.claim(manager, claim, payment.id, this.lockSeconds());
        if (result.kind === 'answered') return result.answer;
        if (result.abandoned) await markFailed(manager, result.abandoned, INTERRUPTED);
      }
      await manager.insert(Payment, payment);
      await addEvent(manager, payment.id, 'payment.opening', {});
      return undefined;
    });
  }

  private recordOpened(payment: Payment, url: string, claim: Claim | undefined): Promise<OpenedPaymentView> {
    return this.payments.manager.transaction(async (manager) => {
      if (claim) await this.idempotency.hold(manager, claim, payment.id);
      const hostedPageSealed = this.box.seal(url, payment.id, 'hosted-page');
      // The payer may have been quicker than we, or the janitor: then the status stays what they made of it.
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

  /** Never throws: the caller is to hear of the failure itself. What can't be recorded now, the sweep finds. */
  private async recordFailed(payment: Payment, error: unknown, claim: Claim | undefined): Promise<void> {
    try {
      await this.payments.manager.transaction(async (manager) => {
        if (claim) await this.idempotency.release(manager, claim, payment.id);
        await markFailed(manager, payment.id, failureOf(error));
      });
    } catch (second) {
      this.logger.error({ paymentId: payment.id, ...traceOf(second) }, 'failure not recorded');
    }
  }

  private lockSeconds(): number {
    return this.config.invoiceCloud.timeoutMs / 1000 + LOCK_MARGIN;
  }
}

interface Failure {
  readonly code: string;
  readonly detail: string;
}

const INTERRUPTED: Failure = {
  code: 'interrupted',
  detail: 'The platform stopped before the answer was recorded. Send the request again; it makes a new payment.',
};

function failureOf(error: unknown): Failure {
  if (error instanceof InvoiceCloudRejected) return { code: error.type.code, detail: error.plain };
  if (error instanceof PlatformError) return { code: error.type.code, detail: error.detail };
  return { code: 'internal_error', detail: 'Something went wrong on our side.' };
}

function newPayment(biller: Biller, request: CloudPaymentRequest, capability: string): Payment {
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
    hostedPageSealed: null,
    postbackUrl: request.PostBackURL ?? null,
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

async function markFailed(manager: EntityManager, paymentId: string, failure: Failure): Promise<void> {
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
