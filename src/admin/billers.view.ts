import { ApiProperty } from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import { FACTS } from '../billers/biller-rules.js';
import type { InvoiceCloudKey } from '../billers/invoice-cloud-key.entity.js';
import { type BillerSettingChange, type SettingDefinition, SETTING_TYPES } from '../billers/setting.entity.js';
import type { EffectiveSetting } from '../billers/settings.service.js';

export class CloudPayPolicyView {
  @ApiProperty({ type: 'object', additionalProperties: true }) pinned: Readonly<Record<string, unknown>>;
  @ApiProperty({ type: 'object', additionalProperties: true }) defaults: Readonly<Record<string, unknown>>;
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
  @ApiProperty({ type: 'string', nullable: true }) virtualSiteUrl: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) ssoTokenSeconds: number | null;
  @ApiProperty({ type: 'number', nullable: true }) outboundPerSecond: number | null;
  askInvoiceStatus: boolean;
  @ApiProperty({ type: 'integer', nullable: true }) hostedPageSeconds: number | null;
  /** Null while it is switched on. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) deactivatedAt: string | null;
  /** Since a restore of the database openings are refused, until then at most. Null: they are not. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) unsettledUntil: string | null;
  /** Its ETag, without the quotes. */
  revision: number;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
}

export class BillerListView {
  @ApiProperty({ type: [BillerView] }) data: BillerView[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

/** All that is shown of a secret. */
export class SecretView {
  lastFour: string;
  version: number;
  /** Whether it is the one in use. */
  current: boolean;
  @ApiProperty({ format: 'date-time' }) setAt: string;
  setBy: string;
  /** Of one that was replaced: until then it can be brought back. Null: it is in use, or wiped. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) restorableUntil: string | null;
}

export class SecretListView {
  @ApiProperty({ type: [SecretView] }) data: SecretView[];
}

export class SecretCheckView {
  /** `unknown`: Invoice Cloud could not be asked, or offers no way to. */
  @ApiProperty({ enum: ['accepted', 'refused', 'unknown'] }) result: 'accepted' | 'refused' | 'unknown';
  detail: string;
}

export class SettingView {
  /** Invoice Cloud's number of the setting. @example 36 */
  settingId: number;
  name: string;
  /** The value that counts; null: there is none. */
  @ApiProperty({ type: 'string', nullable: true }) value: string | null;
  @ApiProperty({ enum: ['biller', 'default', 'none'] }) source: string;
  uniquePerBiller: boolean;
}

export class SettingListView {
  @ApiProperty({ type: [SettingView] }) data: SettingView[];
}

export class SettingChangeView {
  /** Null: it was taken away. */
  @ApiProperty({ type: 'string', nullable: true }) value: string | null;
  setBy: string;
  @ApiProperty({ format: 'date-time' }) setAt: string;
}

export class SettingHistoryView {
  /** The newest first. */
  @ApiProperty({ type: [SettingChangeView] }) data: SettingChangeView[];
}

export class SettingDefinitionView {
  id: number;
  name: string;
  @ApiProperty({ enum: SETTING_TYPES }) type: string;
  uniquePerBiller: boolean;
  @ApiProperty({ type: 'string', nullable: true }) defaultValue: string | null;
  @ApiProperty({ type: [String], nullable: true }) choices: string[] | null;
  @ApiProperty({ type: 'string', nullable: true }) workflow: string | null;
}

export class SettingDefinitionListView {
  @ApiProperty({ type: [SettingDefinitionView] }) data: SettingDefinitionView[];
}

export class BillerDetailView extends BillerView {
  /** The key in use; null until it is set. */
  @ApiProperty({ type: SecretView, nullable: true }) apiKey: SecretView | null;
  @ApiProperty({ type: SecretView, nullable: true }) webServiceKey: SecretView | null;
  @ApiProperty({ type: [SettingView] }) settings: SettingView[];
}

export class FindingView {
  /** Stable. @example 'api-key-refused' */
  code: string;
  /** error: payments or sign-ins fail. warning: something is likely not as it should be. */
  @ApiProperty({ enum: ['error', 'warning'] }) severity: 'error' | 'warning';
  /** What was found. */
  found: string;
  /** What to do. */
  next: string;
}

export class CheckView {
  /** No finding is an error. */
  ok: boolean;
  @ApiProperty({ type: [FindingView] }) findings: FindingView[];
}

export const billerView = (biller: Biller): BillerView => ({
  id: biller.id,
  partnerId: biller.partnerId,
  ...(Object.fromEntries(FACTS.map((name) => [name, biller[name]])) as Pick<Biller, (typeof FACTS)[number]>),
  deactivatedAt: biller.deactivatedAt?.toISOString() ?? null,
  unsettledUntil: biller.unsettledUntil?.toISOString() ?? null,
  revision: biller.revision,
  createdAt: biller.createdAt.toISOString(),
  updatedAt: biller.updatedAt.toISOString(),
});

export const secretView = (key: InvoiceCloudKey): SecretView => ({
  lastFour: key.lastFour,
  version: key.version,
  current: key.isCurrent,
  setAt: key.setAt.toISOString(),
  setBy: key.setBy,
  restorableUntil:
    !key.isCurrent && key.sealed !== null && key.usableUntil !== null && key.usableUntil > new Date()
      ? key.usableUntil.toISOString()
      : null,
});

export const settingView = ({ definition, value, source }: EffectiveSetting): SettingView => ({
  settingId: definition.id,
  name: definition.name,
  value,
  source,
  uniquePerBiller: definition.uniquePerBiller,
});

export const settingChangeView = (change: BillerSettingChange): SettingChangeView => ({
  value: change.value,
  setBy: change.setBy,
  setAt: change.setAt.toISOString(),
});

export const definitionView = (definition: SettingDefinition): SettingDefinitionView => ({ ...definition });
