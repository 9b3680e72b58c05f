import { ApiProperty } from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import type { InvoiceCloudKey } from '../billers/invoice-cloud-key.entity.js';
import type { BillerSetting } from '../billers/setting.entity.js';
import { type PartnerKey, SCOPES } from '../partners/partner-key.entity.js';
import type { Partner } from '../partners/partner.entity.js';

export class PartnerView {
  @ApiProperty({ format: 'uuid' }) id: string;
  name: string;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

export class CreatedPartnerView extends PartnerView {
  /** Verifies what is relayed (Standard Webhooks). Shown this once. @example 'whsec_…' */
  webhookSecret: string;
}

export class PartnerListView {
  @ApiProperty({ type: [PartnerView] }) data: PartnerView[];
}

export class WebhookSecretView {
  /** Shown this once; the one before stopped. */
  webhookSecret: string;
}

export class PartnerKeyView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) partnerId: string;
  /** The one biller the key is bound to. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) billerId: string | null;
  name: string;
  @ApiProperty({ enum: ['test', 'live'] }) mode: string;
  lastFour: string;
  @ApiProperty({ enum: SCOPES, isArray: true }) scopes: string[];
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

export class CreatedPartnerKeyView extends PartnerKeyView {
  /** Shown this once. @example 'bb_test_…' */
  key: string;
}

export class CloudPayPolicyView {
  @ApiProperty({ type: 'object', additionalProperties: true }) pinned: Readonly<Record<string, unknown>>;
  @ApiProperty({ type: 'object', additionalProperties: true }) defaults: Readonly<Record<string, unknown>>;
}

/** What is shown of a secret afterwards. */
export class ApiKeyView {
  lastFour: string;
  version: number;
  @ApiProperty({ format: 'date-time' }) setAt: string;
}

export class SettingView {
  /** Invoice Cloud's number of the setting. @example 36 */
  settingId: number;
  value: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
}

export class BillerView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) partnerId: string;
  name: string;
  dba: string;
  @ApiProperty({ format: 'uuid' }) billerGuid: string;
  @ApiProperty({ enum: ['test', 'live'] }) mode: string;
  @ApiProperty({ type: 'string', nullable: true }) invoiceCloudUrl: string | null;
  cloudPayPolicy: CloudPayPolicyView;
  portalOrigins: string[];
  returnOrigins: string[];
  cssOrigins: string[];
  @ApiProperty({ type: 'string', nullable: true }) cssUrl: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
}

export class BillerDetailView extends BillerView {
  /** Null until it is set. */
  @ApiProperty({ type: ApiKeyView, nullable: true }) apiKey: ApiKeyView | null;
  @ApiProperty({ type: [SettingView] }) settings: SettingView[];
}

export class BillerListView {
  @ApiProperty({ type: [BillerView] }) data: BillerView[];
}

export const partnerView = (partner: Partner): PartnerView => ({
  id: partner.id,
  name: partner.name,
  createdAt: partner.createdAt.toISOString(),
});

export const partnerKeyView = (key: PartnerKey): PartnerKeyView => ({
  id: key.id,
  partnerId: key.partnerId,
  billerId: key.billerId,
  name: key.name,
  mode: key.mode,
  lastFour: key.lastFour,
  scopes: key.scopes,
  createdAt: key.createdAt.toISOString(),
});

export const apiKeyView = (key: InvoiceCloudKey): ApiKeyView => ({
  lastFour: key.lastFour,
  version: key.version,
  setAt: key.setAt.toISOString(),
});

export const settingView = (setting: BillerSetting): SettingView => ({
  settingId: setting.settingId,
  value: setting.value,
  updatedAt: setting.updatedAt.toISOString(),
});

export const billerView = (biller: Biller): BillerView => ({
  id: biller.id,
  partnerId: biller.partnerId,
  name: biller.name,
  dba: biller.dba,
  billerGuid: biller.billerGuid,
  mode: biller.mode,
  invoiceCloudUrl: biller.invoiceCloudUrl,
  cloudPayPolicy: biller.cloudPayPolicy,
  portalOrigins: biller.portalOrigins,
  returnOrigins: biller.returnOrigins,
  cssOrigins: biller.cssOrigins,
  cssUrl: biller.cssUrl,
  createdAt: biller.createdAt.toISOString(),
  updatedAt: biller.updatedAt.toISOString(),
});
