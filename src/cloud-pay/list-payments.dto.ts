import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { IsText, IsTime, Optional } from '../common/rules.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

export class ListPaymentsQuery {
  /** Payments in this status alone. */
  @Optional() @IsIn(PAYMENT_STATUSES) status?: PaymentStatus;
  /** Payments of this invoice alone. */
  @Optional() @IsText(50) invoiceNumber?: string;
  /** Payments of this account alone. */
  @Optional() @IsText(50) accountNumber?: string;
  /** Created at this time or later. @example '2026-01-31T00:00:00Z' */
  @Optional() @IsTime() createdFrom?: string;
  /** Created before this time. @example '2026-02-01T00:00:00Z' */
  @Optional() @IsTime() createdBefore?: string;
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many payments a page holds. */
  @ApiProperty({ required: false, type: 'integer' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}
