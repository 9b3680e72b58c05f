import { ApiProperty } from '@nestjs/swagger';
import type { AdminKey } from '../administrators/admin-key.entity.js';
import { ROLES } from '../administrators/role.js';
import { type PartnerKey, SCOPES } from '../partners/partner-key.entity.js';
import type { Partner } from '../partners/partner.entity.js';
import { type WebhookSecret, WEBHOOK_SECRET_KINDS } from '../partners/webhook-secret.entity.js';

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
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: WEBHOOK_SECRET_KINDS }) kind: string;
  /** Of an hmac secret; null of one from before these were kept. */
  @ApiProperty({ type: 'string', nullable: true }) lastFour: string | null;
  /** Of an ed25519 key: what the partner verifies with. @example 'whpk_…' */
  @ApiProperty({ type: 'string', nullable: true }) publicKey: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  /** Signs until then; null: until it is rolled. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) expiresAt: string | null;
}

export class RolledWebhookSecretView extends WebhookSecretView {
  /** Of an hmac secret, shown this once; null of an ed25519 key, whose private half is never shown. */
  @ApiProperty({ type: 'string', nullable: true }) webhookSecret: string | null;
}

export class WebhookSecretListView {
  @ApiProperty({ type: [WebhookSecretView] }) data: WebhookSecretView[];
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

export const webhookSecretView = (secret: WebhookSecret): WebhookSecretView => ({
  id: secret.id,
  kind: secret.kind,
  lastFour: secret.lastFour,
  publicKey: secret.publicKey,
  createdAt: secret.createdAt.toISOString(),
  expiresAt: iso(secret.expiresAt),
});

export const partnerKeyView = (key: PartnerKey): PartnerKeyView => ({
  ...keyView(key),
  partnerId: key.partnerId,
  billerIds: key.billerIds,
  mode: key.mode,
  scopes: key.scopes,
});

export const adminKeyView = (key: AdminKey): AdminKeyView => ({ ...keyView(key), role: key.role });
