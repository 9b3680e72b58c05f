import { Inject, Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { factErrors } from '../billers/biller-rules.js';
import { BillersService } from '../billers/billers.service.js';
import { BillerHasNoApiKey } from '../billers/errors.js';
import { SettingsService } from '../billers/settings.service.js';
import { readPolicy } from '../cloud-pay/policy.js';
import { InvalidRequest, PlatformError } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { InvoiceCloudError, InvoiceCloudKeyRefused } from '../invoice-cloud/errors.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { CheckView, FindingView } from './billers.view.js';

/** What is wrong with a biller, before a payer finds out. */
@Injectable()
export class BillerCheck {
  constructor(
    private readonly billers: BillersService,
    private readonly settings: SettingsService,
    private readonly invoiceCloud: InvoiceCloudClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async check(billerId: string): Promise<CheckView> {
    const biller = await this.billers.get(billerId);
    const findings = [
      ...(await this.ofKey(biller)),
      ...(await this.ofWebServiceKey(biller)),
      ...(await this.ofSettings(biller)),
      ...this.ofPolicy(biller),
      ...this.ofPlatform(biller),
    ];
    return { ok: findings.every(({ severity }) => severity !== 'error'), findings };
  }

  private async ofKey(biller: Biller): Promise<FindingView[]> {
    try {
      await this.invoiceCloud.billerStatus(await this.billers.credentialsOf(biller));
      return [];
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (error instanceof BillerHasNoApiKey) {
        return [finding('api-key-missing', 'error', 'There is no Invoice Cloud API key.', 'Set it: PUT …/api-key.')];
      }
      if (error instanceof InvoiceCloudKeyRefused) {
        const next = 'Ask Invoice Cloud for the key of this biller, and set it: PUT …/api-key.';
        return [finding('api-key-refused', 'error', 'Invoice Cloud refuses the API key.', next)];
      }
      return [finding('invoice-cloud-unreachable', 'error', error.detail, 'Check invoiceCloudUrl, and try again.')];
    }
  }

  /** Nobody needs a Web Service Key who does not ask for the status of invoices. */
  private async ofWebServiceKey(biller: Biller): Promise<FindingView[]> {
    const credentials = await this.billers.webServiceCredentialsOf(biller);
    if (!credentials) {
      if (!biller.askInvoiceStatus) return [];
      const found = 'Invoice Cloud is to be asked for the status of invoices, but there is no Web Service Key.';
      const next = 'Set it: PUT …/web-service-key; or set askInvoiceStatus to false.';
      return [finding('web-service-key-missing', 'warning', found, next)];
    }
    const severity = biller.askInvoiceStatus ? 'error' : 'warning';
    try {
      await this.invoiceCloud.webServiceKeyStatus(credentials);
      return [];
    } catch (error) {
      if (!(error instanceof InvoiceCloudError)) throw error;
      if (error instanceof InvoiceCloudKeyRefused) {
        const found = 'Invoice Cloud refuses the Web Service Key, or does not know the BillerGUID.';
        const next =
          'Compare billerGuid, ask Invoice Cloud for the key of this biller, and set it: PUT …/web-service-key.';
        return [finding('web-service-key-refused', severity, found, next)];
      }
      const next =
        'Ask Invoice Cloud whether this biller has the service, and set askInvoiceStatus to false until then.';
      return [finding('web-service-unavailable', severity, error.detail, next)];
    }
  }

  private async ofSettings(biller: Biller): Promise<FindingView[]> {
    const findings: FindingView[] = [];
    for (const { definition, value, source } of await this.settings.effective(biller.id)) {
      const name = `Setting ${definition.id} (${definition.name})`;
      if (!definition.uniquePerBiller) continue;
      if (source !== 'biller' || value === null) {
        const next = `Set it: PUT …/settings/${definition.id}. ${definition.workflow ?? 'Nothing of this release'} reads it.`;
        findings.push(finding('setting-missing', 'error', `${name} has no value of this biller's own.`, next));
        continue;
      }
      const others = await this.settings.countSame(biller.id, definition.id, value);
      if (others > 0) {
        const found = `${name} is the same at ${others} other biller${others === 1 ? '' : 's'}.`;
        findings.push(finding('setting-not-unique', 'warning', found, 'Give every biller a value of its own.'));
      }
    }
    return findings;
  }

  private ofPolicy(biller: Biller): FindingView[] {
    const findings = factErrors(biller, this.config.urlPolicy).map(({ field, reason }) =>
      finding('field-not-allowed', 'error', `${field} ${reason}.`, 'Change it: PATCH …/billers/{billerId}.'),
    );
    try {
      readPolicy(biller.cloudPayPolicy, this.config.urlPolicy);
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      for (const { field, reason } of error.errors ?? []) {
        findings.push(finding('policy-not-valid', 'error', `${field} ${reason}.`, 'Change cloudPayPolicy.'));
      }
    }
    return findings;
  }

  private ofPlatform(biller: Biller): FindingView[] {
    const findings: FindingView[] = [];
    if (!this.config.publicUrl) {
      const found = 'This platform does not know its own address.';
      findings.push(finding('public-url-missing', 'error', found, 'The operator sets PUBLIC_URL.'));
    }
    if (biller.deactivatedAt) {
      findings.push(finding('deactivated', 'warning', 'The biller is switched off.', 'Switch it on: POST …/activate.'));
    }
    if (biller.portalOrigins.length === 0) {
      const found = 'No portal may frame the pages of Invoice Cloud.';
      findings.push(finding('no-portal-origin', 'warning', found, 'For My360, set portalOrigins; else leave it.'));
    }
    return findings;
  }
}

const finding = (code: string, severity: FindingView['severity'], found: string, next: string): FindingView => ({
  code,
  severity,
  found,
  next,
});
