import { ApiProperty } from '@nestjs/swagger';
import type { AdminKey } from '../administrators/admin-key.entity.js';
import { ROLES } from '../administrators/role.js';
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

/** What every key tells of itself. */
export class KeyView {
  @ApiProperty({ format: 'uuid' }) id: string;
  name: string;
  lastFour: string;
  /** Empty: from any address. */
  allowedIps: string[];
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) expiresAt: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) revokedAt: string | null;
  /** To the minute. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) lastUsedAt: string | null;
  /** The key that this one replaces. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) rolledFrom: string | null;
}

export class PartnerKeyView extends KeyView {
  @ApiProperty({ format: 'uuid' }) partnerId: string;
  /** Null: every biller of the partner. */
  @ApiProperty({ type: [String], nullable: true }) billerIds: string[] | null;
  @ApiProperty({ enum: ['test', 'live'] }) mode: string;
  @ApiProperty({ enum: SCOPES, isArray: true }) scopes: string[];
}

export class CreatedPartnerKeyView extends PartnerKeyView {
  /** Shown this once. @example 'bb_test_…' */
  key: string;
}

export class PartnerKeyListView {
  @ApiProperty({ type: [PartnerKeyView] }) data: PartnerKeyView[];
}

export class AdminKeyView extends KeyView {
  @ApiProperty({ enum: ROLES }) role: string;
}

export class CreatedAdminKeyView extends AdminKeyView {
  /** Shown this once. @example 'bb_admin_…' */
  key: string;
}

export class AdminKeyListView {
  @ApiProperty({ type: [AdminKeyView] }) data: AdminKeyView[];
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const keyView = (key: PartnerKey | AdminKey): KeyView => ({
  id: key.id,
  name: key.name,
  lastFour: key.lastFour,
  allowedIps: key.allowedIps,
  createdAt: key.createdAt.toISOString(),
  expiresAt: iso(key.expiresAt),
  revokedAt: iso(key.revokedAt),
  lastUsedAt: iso(key.lastUsedAt),
  rolledFrom: key.rolledFrom,
});

export const partnerView = (partner: Partner): PartnerView => ({
  id: partner.id,
  name: partner.name,
  createdAt: partner.createdAt.toISOString(),
});

export const partnerKeyView = (key: PartnerKey): PartnerKeyView => ({
  ...keyView(key),
  partnerId: key.partnerId,
  billerIds: key.billerIds,
  mode: key.mode,
  scopes: key.scopes,
});

export const adminKeyView = (key: AdminKey): AdminKeyView => ({ ...keyView(key), role: key.role });
