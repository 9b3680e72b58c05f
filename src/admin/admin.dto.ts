import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsText, Optional } from '../common/rules.js';
import type { PolicyValue } from '../billers/biller.entity.js';
import { type Mode, type Scope, SCOPES } from '../partners/partner-key.entity.js';

export class CreatePartner {
  /** Unique among partners. @example 'LeadsOnline' */
  @IsText(100) name: string;
}

export class CreatePartnerKey {
  /** What it is for. @example 'production backend' */
  @IsText(100) name: string;
  /** A test key reaches billers in test mode alone, a live key those in live mode. */
  @IsIn(['test', 'live']) mode: Mode;
  /** Binds the key to one biller; needed for the drop-in CPv2 route. */
  @Optional() @IsUUID() billerId?: string;
  /** What the key may do. Default: everything. */
  @Optional() @IsArray() @IsIn(SCOPES, { each: true }) scopes?: Scope[];
}

export class CloudPayPolicyInput {
  /**
   * Values that every request has: filled in when omitted, refused when different. Keys are paths in the request's own
   * names. @example { "Customers.Invoices.TypeID": 39, "PageLoadOverride": 4 }
   */
  @Optional() @IsObject() pinned?: Record<string, PolicyValue>;
  /** Values for what a request omits. @example { "CssUrl": "https://www.invoicecloud.com/ssotest/sso-gmp.css" } */
  @Optional() @IsObject() defaults?: Record<string, PolicyValue>;
}

/** What portals may do with Invoice Cloud's pages of a biller. Origins are exact, such as https://portal.example.com. */
export class PortalSettings {
  /** Portals that may frame the pages. @example ['https://my360.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) portalOrigins?: string[];
  /** Where a payer may be sent from a page. @example ['https://my360.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) returnOrigins?: string[];
  /** Where a page may take its style sheet from. @example ['https://cdn.example.com'] */
  @Optional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) cssOrigins?: string[];
  /** Style sheet of pages that ask for none. Default: Invoice Cloud's. */
  @Optional() @IsString() @MaxLength(2048) cssUrl?: string;
}

export class CreateBiller extends PortalSettings {
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
  /** Where it is not the platform's INVOICE_CLOUD_URL. */
  @Optional() @IsString() @MaxLength(2048) invoiceCloudUrl?: string;
  @Optional() @IsObject() @ValidateNested() @Type(() => CloudPayPolicyInput) cloudPayPolicy?: CloudPayPolicyInput;
}

export class ListBillersQuery {
  /** Billers of this partner alone. */
  @Optional() @IsUUID() partnerId?: string;
}

export class SetApiKey {
  /** As Invoice Cloud gave it. Not shown again. */
  @IsString()
  @Matches(/^[\x21-\x7e]{8,1000}$/, {
    message: 'apiKey must be 8 to 1000 printable characters without spaces or line breaks; check what was pasted',
  })
  apiKey: string;
}

export class SetSetting {
  /** For setting 36 an absolute URL. */
  @IsText(2048) value: string;
}
