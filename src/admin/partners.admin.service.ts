import { Injectable } from '@nestjs/common';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { BillersService } from '../billers/billers.service.js';
import { InvalidRequest } from '../common/platform-error.js';
import { PartnerKeysService } from '../partners/partner-keys.service.js';
import { PartnersService } from '../partners/partners.service.js';
import type { CreatePartnerKey } from './partners.dto.js';
import {
  type CreatedPartnerKeyView,
  type CreatedPartnerView,
  type PartnerKeyListView,
  partnerKeyView,
  type PartnerKeyView,
  partnerView,
} from './partners.view.js';

/** Partners and their keys. */
@Injectable()
export class PartnersAdminService {
  constructor(
    private readonly audit: AuditTrail,
    private readonly partners: PartnersService,
    private readonly keys: PartnerKeysService,
    private readonly billers: BillersService,
  ) {}

  create(actor: Actor, name: string): Promise<CreatedPartnerView> {
    return this.audit.change(actor, async (change) => {
      const { partner, webhookSecret } = await this.partners.create(change, name);
      return { ...partnerView(partner), webhookSecret };
    });
  }

  async listKeys(partnerId: string): Promise<PartnerKeyListView> {
    await this.partners.get(partnerId);
    return { data: (await this.keys.list(partnerId)).map(partnerKeyView) };
  }

  async createKey(actor: Actor, partnerId: string, wanted: CreatePartnerKey): Promise<CreatedPartnerKeyView> {
    await this.partners.get(partnerId);
    const billerIds = wanted.billerIds ?? (wanted.billerId ? [wanted.billerId] : null);
    for (const id of billerIds ?? []) {
      const biller = await this.billers.get(id);
      if (biller.partnerId !== partnerId) {
        throw InvalidRequest.of([{ field: 'billerIds', reason: 'must be billers of this partner' }]);
      }
      if (biller.mode !== wanted.mode) {
        throw InvalidRequest.of([{ field: 'mode', reason: `must be ${biller.mode}, as the biller's` }]);
      }
    }
    const expiresAt = wanted.expiresAt ? new Date(wanted.expiresAt) : null;
    return this.audit.change(actor, async (change) => {
      const { record, key } = await this.keys.create(change, partnerId, { ...wanted, billerIds, expiresAt });
      return { ...partnerKeyView(record), key };
    });
  }

  rollKey(actor: Actor, partnerId: string, keyId: string, overlapHours: number): Promise<CreatedPartnerKeyView> {
    return this.audit.change(actor, async (change) => {
      const { record, key } = await this.keys.roll(change, partnerId, keyId, overlapHours);
      return { ...partnerKeyView(record), key };
    });
  }

  async expireKey(actor: Actor, partnerId: string, keyId: string, at: string): Promise<PartnerKeyView> {
    const work = this.audit.change(actor, (change) => this.keys.expire(change, partnerId, keyId, new Date(at)));
    return partnerKeyView(await work);
  }

  async revokeKey(actor: Actor, partnerId: string, keyId: string): Promise<PartnerKeyView> {
    return partnerKeyView(await this.audit.change(actor, (change) => this.keys.revoke(change, partnerId, keyId)));
  }
}
