import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsText, Optional } from '../common/rules.js';
import type { PolicyValue } from '../billers/biller.entity.js';
import { BILLER_ORDERS } from '../billers/biller-list.js';
import { type SettingType, SETTING_TYPES } from '../billers/setting.entity.js';
import type { Mode } from '../partners/partner-key.entity.js';

/** Null takes a value away; undefined leaves it. */
const OrNull = () => ValidateIf((_, value) => value !== null && value !== undefined);

export class CloudPayPolicyInput {
  /**
   * Values that every request has: filled in when omitted, refused when different. Keys are paths in the request's own
   * names. @example { "Customers.Invoices.TypeID": 39, "PageLoadOverride": 4 }
   */
  @Optional() @IsObject() pinned?: Record<string, PolicyValue>;
  /** Values for what a request omits. @example { "CssUrl": "https://www.invoicecloud.com/ssotest/sso-gmp.css" } */
  @Optional() @IsObject() defaults?: Record<string, PolicyValue>;
}

/** Everything about a biller that may be left out. Origins are exact, such as https://portal.example.com. */
export class BillerOptions {
  /** Where it is not the platform's INVOICE_CLOUD_URL. */
  @OrNull() @IsString() @MaxLength(2048) invoiceCloudUrl?: string | null;
  /** Values that are pinned, and defaults, of Cloud Payments requests. */
  @Optional() @IsObject() @ValidateNested() @Type(() => CloudPayPolicyInput) cloudPayPolicy?: CloudPayPolicyInput;
  /** Portals that may frame Invoice Cloud's pages. @example ['https://my360.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) portalOrigins?: string[];
  /** Where a payer may be sent from a page. @example ['https://my360.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) returnOrigins?: string[];
  /** Where a page may take its style sheet from. @example ['https://cdn.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) cssOrigins?: string[];
  /** Style sheet of pages that ask for none. Default: Invoice Cloud's. */
  @OrNull() @IsString() @MaxLength(2048) cssUrl?: string | null;
  /** The public "Pay Now" page. Default: Invoice Cloud's usual address of it. */
  @OrNull() @IsString() @MaxLength(2048) virtualSiteUrl?: string | null;
  /** Life of a My360 session where Invoice Cloud does not say, in seconds. Default: 1200. */
  @OrNull() @IsInt() @Min(60) @Max(86_400) ssoTokenSeconds?: number | null;
  /** How many calls a second may be made to Invoice Cloud for this biller, at most two decimals. Default: no limit. @example 2 */
  @OrNull()
  @IsNumber({ maxDecimalPlaces: 2 }, { message: '$property must be a number with at most two decimals' })
  @Min(0.1)
  @Max(1000)
  outboundPerSecond?: number | null;
  /** Ask Invoice Cloud for the status of invoices. Takes a Web Service Key. Default: false. */
  @Optional() @IsBoolean() askInvoiceStatus?: boolean;
  /** How long a hosted page can be used, in seconds. Default: the platform's HOSTED_PAGE_SECONDS. */
  @OrNull() @IsInt() @Min(60) @Max(2_592_000) hostedPageSeconds?: number | null;
}

export class CreateBiller extends BillerOptions {
  /** The partner that serves this biller. */
  @IsUUID() partnerId: string;
  /** For administrators. @example 'Peoria Police' */
  @IsText(200) name: string;
  /** "Doing business as": what payers read. @example 'Peoria Police Department' */
  @IsText(200) dba: string;
  /** Invoice Cloud's id of the biller. */
  @IsUUID() billerGuid: string;
  /** live moves money. */
  @IsIn(['test', 'live']) mode: Mode;
}

/** What is left out stays. A biller keeps its partner and its mode: keys hang on both. */
export class ChangeBiller extends BillerOptions {
  @Optional() @IsText(200) name?: string;
  @Optional() @IsText(200) dba?: string;
  @Optional() @IsUUID() billerGuid?: string;
}

const asBoolean = ({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value);

export class ListBillersQuery {
  /** What a name or DBA begins with, or a whole BillerGUID or id. */
  @Optional() @IsText(200) search?: string;
  /** Billers of this partner alone. */
  @Optional() @IsUUID() partnerId?: string;
  @Optional() @IsIn(['test', 'live']) mode?: Mode;
  /** Billers that are switched on, or off. */
  @ApiProperty({ required: false, type: 'boolean' })
  @Optional()
  @Transform(asBoolean)
  @IsBoolean()
  active?: boolean;
  /** A minus sorts downwards. */
  @ApiProperty({ required: false, enum: BILLER_ORDERS, default: 'createdAt' })
  @IsIn(BILLER_ORDERS)
  sort: string = 'createdAt';
  /** `nextCursor` of the page before, in the same order. */
  @Optional() @IsString() @MaxLength(2000) cursor?: string;
  /** How many billers a page holds. */
  @ApiProperty({ required: false, type: 'integer', default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;
}

export class Deactivate {
  /** Although payments are open. */
  @Optional() @IsBoolean() force?: boolean;
}

/** A value of Invoice Cloud's. Spaces are refused, not cut: what was pasted should be looked at. */
const SECRET = {
  pattern: /^[\x21-\x7e]{8,1000}$/,
  message: '$property must be 8 to 1000 printable characters without spaces or line breaks; check what was pasted',
};

export class CheckSecret {
  /** As Invoice Cloud gave it. It is tried, not stored. */
  @IsString() @Matches(SECRET.pattern, { message: SECRET.message }) key: string;
}

export class SetSecret {
  /** As Invoice Cloud gave it. Not shown again. */
  @ApiProperty({ required: false })
  @ValidateIf((wanted: SetSecret) => wanted.key !== undefined || wanted.apiKey === undefined)
  @IsString({ message: 'key must be text' })
  @Matches(SECRET.pattern, { message: SECRET.message })
  key?: string;
  /** The same under its older name. */
  @Optional() @IsString() @Matches(SECRET.pattern, { message: SECRET.message }) apiKey?: string;
  /** How long the one before can be brought back, in hours, up to 7 days. */
  @ApiProperty({ required: false, type: 'integer', default: 24 })
  @IsInt()
  @Min(0)
  @Max(168)
  overlapHours: number = 24;
  /** Although Invoice Cloud refuses it or can't be asked. */
  @Optional() @IsBoolean() force?: boolean;
}

export class RestoreSecret {
  /** How long the one in use now can be brought back, in hours. */
  @ApiProperty({ required: false, type: 'integer', default: 24 })
  @IsInt()
  @Min(0)
  @Max(168)
  overlapHours: number = 24;
  /** Although Invoice Cloud refuses it or can't be asked. */
  @Optional() @IsBoolean() force?: boolean;
}

export class SetSetting {
  /** As its definition says; for setting 36 an absolute URL. */
  @IsText(2048) value: string;
}

export class DefineSetting {
  /** Invoice Cloud's number of the setting. @example 41 */
  @IsInt() @Min(1) @Max(1_000_000) id: number;
  /** @example 'Receipt footer' */
  @IsText(200) name: string;
  @IsIn(SETTING_TYPES) type: SettingType;
  /** Every biller has a value of its own. */
  @IsBoolean() uniquePerBiller: boolean;
  /** What counts where a biller has no value. */
  @Optional() @IsText(2048) defaultValue?: string;
  /** Of a choice: what may be chosen. */
  @ValidateIf((wanted: DefineSetting) => wanted.type === 'choice' || wanted.choices !== undefined)
  @IsArray()
  @ArrayMaxSize(100)
  @IsText(200, { each: true })
  choices?: string[];
  /** Which workflow reads it, for administrators to know. */
  @Optional() @IsText(200) workflow?: string;
}
