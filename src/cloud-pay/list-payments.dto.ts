import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

export class ListPaymentsQuery {
  /** Payments in this status alone. */
  @IsOptional() @IsIn(PAYMENT_STATUSES) status?: PaymentStatus;
  /** Payments of this invoice alone. */
  @IsOptional() @MaxLength(50) invoiceNumber?: string;
  /** Payments of this account alone. */
  @IsOptional() @MaxLength(50) accountNumber?: string;
  /** Created at this time or later. @example '2026-01-31T00:00:00Z' */
  @IsOptional() @IsISO8601({ strict: true }) createdFrom?: string;
  /** Created before this time. @example '2026-02-01T00:00:00Z' */
  @IsOptional() @IsISO8601({ strict: true }) createdBefore?: string;
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
