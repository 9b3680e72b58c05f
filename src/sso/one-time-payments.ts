import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { SettingMissing } from '../billers/errors.js';
import { SettingsService } from '../billers/settings.service.js';
import { ONE_TIME_PAYMENT_RETURN_URL } from '../billers/setting.entity.js';
import type { CloudPaymentRequest } from '../cloud-pay/cpv2-request.dto.js';
import { PaymentsService } from '../cloud-pay/payments.service.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { OneTimePaymentView } from './sso.view.js';

/** The unregistered user's payment (story 3): a Cloud Payments V2 request with two values fixed by the design. */
@Injectable()
export class OneTimePaymentsService {
  constructor(
    private readonly payments: PaymentsService,
    private readonly settings: SettingsService,
    private readonly invoiceCloud: InvoiceCloudClient,
  ) {}

  /** @throws PolicyViolation when CreateCustomerRecord is not true, or ReturnURL is not setting 36 */
  async open(biller: Biller, request: CloudPaymentRequest, idempotencyKey?: string): Promise<OneTimePaymentView> {
    const returnUrl = await this.settings.valueOf(biller.id, ONE_TIME_PAYMENT_RETURN_URL);
    const { pinned, defaults } = biller.cloudPayPolicy;
    if (returnUrl === undefined) {
      throw new SettingMissing(
        `An administrator sets setting ${ONE_TIME_PAYMENT_RETURN_URL}, where the payer returns to: PUT /admin/v1/billers/{billerId}/settings/${ONE_TIME_PAYMENT_RETURN_URL}.`,
      );
    }
    const fixed = { ...pinned, CreateCustomerRecord: true, ReturnURL: returnUrl };
    const policy = { pinned: fixed, defaults };
    const opened = await this.payments.open(biller, request, { idempotencyKey, policy, route: 'one-time-payments' });
    return { ...opened, virtualSiteUrl: biller.virtualSiteUrl ?? this.invoiceCloud.virtualSiteUrl(biller) };
  }
}
