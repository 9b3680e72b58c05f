import { Inject, Injectable } from '@nestjs/common';
import type { Biller, CloudPayPolicy } from '../billers/biller.entity.js';
import { refuseUnsettled } from '../billers/unsettled.js';
import { type ForOpening, OpeningFacts } from '../billers/opening-facts.js';
import { clockFrom } from '../common/clock.js';
import { newId } from '../common/id.js';
import { capabilitiesOf } from './capability.js';
import { centsOf } from '../common/money.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import type { StampedSecrets } from '../common/stamp.js';
import { CONFIG, type Config } from '../config/config.js';
import { isAway } from '../database/postgres-errors.js';
import { DatabaseUnavailable } from '../database/unavailable.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { CloudPaymentRequest } from './cpv2-request.dto.js';
import { PublicUrlMissing } from './errors.js';
import { fingerprintOf } from './idempotency.js';
import { Openings } from './openings.js';
import { Payment } from './payment.entity.js';
import type { OpenedPaymentView } from './payment.view.js';
import { applyPolicy } from './policy.js';
import { ReturnPages } from './return-pages.js';

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
  private readonly capabilities: StampedSecrets;

  constructor(
    private readonly openings: Openings,
    private readonly facts: OpeningFacts,
    private readonly returns: ReturnPages,
    private readonly invoiceCloud: InvoiceCloudClient,
    box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.capabilities = capabilitiesOf(box);
  }

  /**
   * Records the intent, asks Invoice Cloud for a hosted page, and records the answer.
   *
   * @param request as read from the caller; the policy's values are filled in
   * The same invoice has one page at a time: while it lives, the same request is answered with it.
   * @throws PolicyViolation, OriginNotAllowed, BillerHasNoApiKey, IdempotencyKeyReused, IdempotencyKeyInUse, InvoiceAlreadyPaid,
   * InvoiceBeingOpened: nothing was stored
   * @throws InvoiceCloudError: the payment is recorded as failed or unconfirmed, and the next try makes a new one
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
    const facts = await this.prepare(biller, request, policy).catch(async (error: unknown) => {
      // Policy and keys may have changed since: the same key and body have the same answer.
      const replay = claim && (await this.openings.answered(claim));
      if (!replay) throw error;
      return replay;
    });
    if ('cloudPaymentUrl' in facts) return facts;

    const id = newId();
    const capability = this.capabilities.make(id);
    const payment = newPayment(id, biller, request, capability);
    const answered = await this.openings.recordIntent(payment, claim || undefined);
    if (answered) return answered;

    // What expires is compared with the database's clock, which has just said when the intent was recorded. To ask it again
    // would cost a round trip, and the answer that is sealed beside the times has to name them.
    const databaseClock = clockFrom(payment.createdAt);
    try {
      const pageSeconds = biller.hostedPageSeconds ?? this.config.hostedPageSeconds;
      const { PortalOrigin: portalOrigin, ...wire } = request;
      if (portalOrigin && wire.ReturnURL) {
        const ends = new Date(databaseClock().getTime() + pageSeconds * 1000);
        const way = { portalOrigin, returnUrl: wire.ReturnURL, paymentId: payment.id };
        wire.ReturnURL = await this.returns.issue(biller, way, ends);
      }
      const url = await this.invoiceCloud.openCloudPayment(facts.credentials, {
        ...wire,
        PostBackURL: `${facts.publicUrl}/postbacks/${capability}`,
      });
      return await this.openings.recordOpened(
        payment,
        url,
        { openedAt: databaseClock(), pageSeconds },
        claim || undefined,
      );
    } catch (error) {
      await this.openings.recordUnopened(payment, error, claim || undefined);
      throw isAway(error) ? notRecorded(payment.id, error) : error;
    }
  }

  /** Fills in what policy and settings say. @throws RestoreUnsettled, PolicyViolation, BillerHasNoApiKey, PublicUrlMissing */
  private async prepare(
    biller: Biller,
    request: CloudPaymentRequest,
    policy: CloudPayPolicy,
  ): Promise<ForOpening & { publicUrl: string }> {
    refuseUnsettled(biller);
    applyPolicy(request, policy);
    const facts = await this.facts.of(biller);
    request.ReturnURL ??= facts.returnUrl;
    this.returns.judge(biller, request);
    const { publicUrl } = this.config;
    if (publicUrl) return { ...facts, publicUrl };
    throw new PublicUrlMissing('The operator sets PUBLIC_URL: without it Invoice Cloud could not report payments.');
  }
}

/** Nobody was given the page, if there is one. The payment becomes `unconfirmed` once the database is back. */
const notRecorded = (paymentId: string, cause: unknown): DatabaseUnavailable =>
  new DatabaseUnavailable(
    `Invoice Cloud may have made a page, but the database was lost before it could be recorded. Send the request again after Retry-After: it makes a new page, which takes the place of payment ${paymentId}.`,
    { cause },
  );

function newPayment(id: string, biller: Biller, request: CloudPaymentRequest, capability: string): Payment {
  const [customer] = request.Customers;
  const [invoice] = customer?.Invoices ?? [];
  return Object.assign(new Payment(), {
    id,
    billerId: biller.id,
    partnerId: biller.partnerId,
    status: 'opening',
    accountNumber: customer?.AccountNumber,
    invoiceNumber: invoice?.InvoiceNumber,
    billerReference: request.BillerReference ?? null,
    amountDueCents: centsOf(invoice?.BalanceDue) ?? null,
    allowPartial: invoice?.AllowPartialPayments ?? false,
    minimumDueCents: centsOf(invoice?.MinimumAmountDue) ?? null,
    termsDigest: fingerprintOf('terms', request),
    hostedPageSealed: null,
    pageExpiresAt: null,
    supersedesId: null,
    postbackUrl: request.PostBackURL ?? null,
    capabilityDigest: digestOf(capability),
    paymentGuid: null,
    amountPaidCents: null,
    feeCents: null,
    refundDueCents: 0,
    subtractedCents: 0,
    otherPagesCents: 0,
    failureCode: null,
    failureDetail: null,
    needsReview: false,
    openedAt: null,
    settledAt: null,
  });
}
