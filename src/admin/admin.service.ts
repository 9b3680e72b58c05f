import { Inject, Injectable } from '@nestjs/common';
import { BillersService } from '../billers/billers.service.js';
import { readPolicy } from '../cloud-pay/policy.js';
import { CONFIG, type Config } from '../config/config.js';
import { InvalidRequest } from '../common/platform-error.js';
import { PartnersService } from '../partners/partners.service.js';
import type { CreateBiller, CreatePartnerKey, PortalSettings } from './admin.dto.js';
import {
  apiKeyView,
  type ApiKeyView,
  type BillerDetailView,
  billerView,
  type BillerView,
  type CreatedPartnerKeyView,
  type CreatedPartnerView,
  partnerKeyView,
  partnerView,
  settingView,
  type SettingView,
} from './admin.view.js';

/** What an administrator does, over the services that own the rows. */
@Injectable()
export class AdminService {
  constructor(
    private readonly partners: PartnersService,
    private readonly billers: BillersService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async createPartner(name: string): Promise<CreatedPartnerView> {
    const { partner, webhookSecret } = await this.partners.create(name);
    return { ...partnerView(partner), webhookSecret };
  }

  async createKey(partnerId: string, wanted: CreatePartnerKey): Promise<CreatedPartnerKeyView> {
    await this.partners.get(partnerId);
    if (wanted.billerId) {
      const biller = await this.billers.get(wanted.billerId);
      if (biller.partnerId !== partnerId) {
        throw InvalidRequest.of([{ field: 'billerId', reason: 'must be a biller of this partner' }]);
      }
      if (biller.mode !== wanted.mode) {
        throw InvalidRequest.of([{ field: 'mode', reason: `must be ${biller.mode}, as the biller's` }]);
      }
    }
    const { record, key } = await this.partners.createKey(partnerId, wanted);
    return { ...partnerKeyView(record), key };
  }

  async createBiller({ cloudPayPolicy, ...wanted }: CreateBiller): Promise<BillerView> {
    await this.partners.get(wanted.partnerId);
    const given = { pinned: cloudPayPolicy?.pinned ?? {}, defaults: cloudPayPolicy?.defaults ?? {} };
    const policy = readPolicy(given, this.config.urlPolicy);
    const biller = await this.billers.create({
      ...wanted,
      invoiceCloudUrl: wanted.invoiceCloudUrl ?? null,
      portalOrigins: wanted.portalOrigins ?? [],
      returnOrigins: wanted.returnOrigins ?? [],
      cssOrigins: wanted.cssOrigins ?? [],
      cssUrl: wanted.cssUrl ?? null,
      cloudPayPolicy: policy,
    });
    return billerView(biller);
  }

  setPortal(billerId: string, settings: PortalSettings): Promise<BillerView> {
    return this.billers.setPortal(billerId, settings).then(billerView);
  }

  async biller(id: string): Promise<BillerDetailView> {
    const biller = await this.billers.get(id);
    const key = await this.billers.currentKey(id);
    const settings = await this.billers.settingsOf(id);
    return { ...billerView(biller), apiKey: key && apiKeyView(key), settings: settings.map(settingView) };
  }

  async setApiKey(billerId: string, apiKey: string): Promise<ApiKeyView> {
    return apiKeyView(await this.billers.setApiKey(billerId, apiKey));
  }

  async setSetting(billerId: string, settingId: number, value: string): Promise<SettingView> {
    return settingView(await this.billers.setSetting(billerId, settingId, value));
  }
}
