import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { type SettingType, SETTING_TYPES } from '../billers/setting.entity.js';
import { IsText, Optional } from '../common/rules.js';
import type { Mode } from '../partners/partner-key.entity.js';
import { BillerOptions } from './billers.dto.js';

// Configuration as code: what `GET /admin/v1/export` gives and `POST /admin/v1/import` takes. Partners are known by name,
// billers by BillerGUID, settings by number, so that one file fits another platform.

export class PartnerRow {
  @IsText(100) name: string;
}

export class SettingDefinitionRow {
  @IsInt() @Min(1) @Max(1_000_000) id: number;
  @IsText(200) name: string;
  @IsIn(SETTING_TYPES) type: SettingType;
  @IsBoolean() uniquePerBiller: boolean;
  @Optional() @MaxLength(2048) defaultValue?: string;
  @Optional() @IsArray() @ArrayMaxSize(100) @IsText(200, { each: true }) choices?: string[];
  @Optional() @IsText(200) workflow?: string;
}

export class BillerRow extends BillerOptions {
  @IsUUID() billerGuid: string;
  /** Name of the partner. */
  @IsText(100) partner: string;
  @IsText(200) name: string;
  @IsText(200) dba: string;
  @IsIn(['test', 'live']) mode: Mode;
  /** Number to value, of the biller's own values. */
  @Optional() @IsObject() settings?: Record<string, string>;
  /** A secret is never in the file; this says which one is set where it came from. Not read by the import. */
  @Optional() @IsText(200) @Matches(/^secret:/) apiKey?: string;
  @Optional() @IsText(200) @Matches(/^secret:/) webServiceKey?: string;
}

export class Configuration {
  @IsIn([1]) version: 1;
  @IsArray()
  @ArrayMaxSize(1000)
  @ArrayUnique((row: PartnerRow) => row?.name)
  @ValidateNested({ each: true })
  @Type(() => PartnerRow)
  partners: PartnerRow[];
  @IsArray()
  @ArrayMaxSize(1000)
  @ArrayUnique((row: SettingDefinitionRow) => row?.id)
  @ValidateNested({ each: true })
  @Type(() => SettingDefinitionRow)
  settingDefinitions: SettingDefinitionRow[];
  @IsArray()
  @ArrayMaxSize(5000)
  @ArrayUnique((row: BillerRow) => String(row?.billerGuid).toLowerCase())
  @ValidateNested({ each: true })
  @Type(() => BillerRow)
  billers: BillerRow[];
}
