import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { IsText, IsTime } from '../common/rules.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

export class ListPaymentsQuery {
  /** Payments in this status alone. */
  @IsOptional() @IsIn(PAYMENT_STATUSES) status?: PaymentStatus;
  /** Payments of this invoice alone. */
  @IsOptional() @IsText(50) invoiceNumber?: string;
  /** Payments of this account alone. */
  @IsOptional() @IsText(50) accountNumber?: string;
  /** Created at this time or later. @example '2026-01-31T00:00:00Z' */
  @IsOptional() @IsTime() createdFrom?: string;
  /** Created before this time. @example '2026-02-01T00:00:00Z' */
  @IsOptional() @IsTime() createdBefore?: string;
  /** `nextCursor` of the page before. */
  @IsOptional() @IsUUID() cursor?: string;
  /** How many payments a page holds. */
  @ApiProperty({ required: false, type: 'integer' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}
