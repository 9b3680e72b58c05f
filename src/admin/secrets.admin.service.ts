import { Injectable } from '@nestjs/common';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { BillerSecretsService } from '../billers/biller-secrets.service.js';
import { atInvoiceCloud, BillersService } from '../billers/billers.service.js';
import type { SecretKind } from '../billers/invoice-cloud-key.entity.js';
import { PlatformError } from '../common/platform-error.js';
import { InvoiceCloudKeyRefused } from '../invoice-cloud/errors.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { RestoreSecret, SetSecret } from './billers.dto.js';
import { type SecretCheckView, type SecretListView, secretView, type SecretView } from './billers.view.js';
import { SecretNotAccepted } from './errors.js';

/** A biller's secrets at Invoice Cloud: looked at before they take over, and brought back when that was wrong. */
@Injectable()
export class SecretsAdminService {
  constructor(
    private readonly audit: AuditTrail,
    private readonly billers: BillersService,
    private readonly secrets: BillerSecretsService,
    private readonly invoiceCloud: InvoiceCloudClient,
  ) {}

  async list(billerId: string, kind: SecretKind): Promise<SecretListView> {
    await this.billers.get(billerId);
    return { data: (await this.secrets.versions(billerId, kind)).map(secretView) };
  }

  /** Tries a secret without storing it. */
  async check(billerId: string, kind: SecretKind, secret: string): Promise<SecretCheckView> {
    const biller = await this.billers.get(billerId);
    const at = atInvoiceCloud(biller);
    try {
      if (kind === 'api-key') await this.invoiceCloud.billerStatus({ ...at, apiKey: secret });
      else await this.invoiceCloud.webServiceKeyStatus({ ...at, billerGuid: biller.billerGuid, webServiceKey: secret });
      return { result: 'accepted', detail: 'Invoice Cloud accepts it.' };
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      const result = error instanceof InvoiceCloudKeyRefused ? 'refused' : 'unknown';
      return { result, detail: result === 'refused' ? 'Invoice Cloud refuses it.' : error.detail };
    }
  }

  /** @throws SecretNotAccepted unless forced; then nothing is switched */
  async set(actor: Actor, billerId: string, kind: SecretKind, wanted: SetSecret): Promise<SecretView> {
    const secret = wanted.key ?? wanted.apiKey ?? '';
    await this.refuseUnlessAccepted(billerId, kind, secret, wanted.force);
    return secretView(
      await this.audit.change(actor, (change) => this.secrets.set(change, billerId, kind, secret, wanted.overlapHours)),
    );
  }

  /** @throws NothingToRestore, SecretNotAccepted unless forced */
  async restore(actor: Actor, billerId: string, kind: SecretKind, wanted: RestoreSecret): Promise<SecretView> {
    const { version, secret } = await this.secrets.restorable(billerId, kind);
    await this.refuseUnlessAccepted(billerId, kind, secret, wanted.force);
    return secretView(
      await this.audit.change(actor, (change) =>
        this.secrets.restore(change, billerId, kind, version, wanted.overlapHours),
      ),
    );
  }

  private async refuseUnlessAccepted(billerId: string, kind: SecretKind, secret: string, force = false): Promise<void> {
    // How Invoice Cloud refuses a Web Service Key is assumed: not enough to keep a key out that may be the right one.
    if (force || kind === 'web-service-key') return;
    const { result, detail } = await this.check(billerId, kind, secret);
    if (result === 'accepted') return;
    throw new SecretNotAccepted(`${detail} The one in use stays. Send "force": true to switch all the same.`);
  }
}
