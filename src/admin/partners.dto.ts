import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { IsText, IsTime, Optional } from '../common/rules.js';
import { type Role, ROLES } from '../administrators/role.js';
import { type Mode, type Scope, SCOPES } from '../partners/partner-key.entity.js';
import { WEBHOOK_SECRET_KINDS, type WebhookSecretKind } from '../partners/webhook-secret.entity.js';
import { IsIpRange } from './rules.js';

export class CreatePartner {
  /** Unique among partners. @example 'LeadsOnline' */
  @IsText(100) name: string;
}

export class CreatePartnerKey {
  /** What it is for. @example 'production backend' */
  @IsText(100) name: string;
  /** A test key reaches billers in test mode alone, a live key those in live mode. */
  @IsIn(['test', 'live']) mode: Mode;
  /** Default: every biller of the partner. Exactly one for the drop-in CPv2 route. */
  @Optional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  billerIds?: string[];
  /** Short for a list of one. */
  @Optional() @IsUUID() billerId?: string;
  /** What the key may do. Default: everything. */
  @Optional() @IsArray() @ArrayMinSize(1) @ArrayUnique() @IsIn(SCOPES, { each: true }) scopes?: Scope[];
  /** IP addresses and CIDR ranges from which it works. Default: any. @example ['203.0.113.0/24'] */
  @Optional() @IsArray() @ArrayMaxSize(50) @IsIpRange({ each: true }) allowedIps?: string[];
  /** When it ends. Default: never. */
  @Optional() @IsTime() expiresAt?: string;
}

export class RollKey {
  /** How long the old key goes on, in hours, up to 7 days. */
  @ApiProperty({ required: false, type: 'integer', default: 24 })
  @IsInt()
  @Min(0)
  @Max(168)
  overlapHours: number = 24;
}

export class RollWebhookSecret {
  /** hmac: both sides hold the secret. ed25519: the partner holds a public key alone. */
  @Optional() @IsIn(WEBHOOK_SECRET_KINDS) kind: WebhookSecretKind = 'hmac';
  /** How long those of the same kind go on signing beside the new one, in hours, up to 7 days. */
  @ApiProperty({ required: false, type: 'integer', default: 24 })
  @IsInt()
  @Min(0)
  @Max(168)
  overlapHours: number = 24;
}

export class ExpireKey {
  /** When the key ends. @example '2026-12-31T00:00:00Z' */
  @IsTime() at: string;
}

export class CreateAdminKey {
  /** Whose it is. @example 'night shift' */
  @IsText(100) name: string;
  /** owner: everything. operator: configures, sees no secret. auditor: reads. */
  @IsIn(ROLES) role: Role;
  /** IP addresses and CIDR ranges from which it works. Default: any. */
  @Optional() @IsArray() @ArrayMaxSize(50) @IsIpRange({ each: true }) allowedIps?: string[];
  /** When it ends. Default: never. */
  @Optional() @IsTime() expiresAt?: string;
}
