import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsUUID, Matches, Max, Min } from 'class-validator';
import { IsText, IsTime, Optional } from '../common/rules.js';

/** As large as an amount may be. Cents. */
const MOST_CENTS = 9_999_999_999;

export class ListPostbacksQuery {
  /** What waits for a decision, or what was refused: by an administrator, or for its address. */
  @Optional() @IsIn(['held', 'rejected']) verdict: 'held' | 'rejected' = 'held';
  /** Those of this payment alone. */
  @Optional() @IsUUID() paymentId?: string;
  /** Those alone that came to an address that is no payment's. */
  @ApiProperty({ required: false, type: 'boolean' })
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  withoutPayment?: boolean;
  /** Received at this time or later. @example '2026-01-31T00:00:00Z' */
  @Optional() @IsTime() receivedFrom?: string;
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many postbacks a page holds. */
  @ApiProperty({ required: false, type: 'integer' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}

/** What is left out is taken from the message; what the message does not say readably must be given. */
export class AcceptPostback {
  /** Why it is believed; stands in the audit trail. @example 'seen in the Invoice Cloud biller portal' */
  @IsText(500) reason: string;
  @Optional() @IsBoolean() approved?: boolean;
  /** Invoice Cloud's id of the payment. */
  @Optional() @Matches(/^[\w-]{1,64}$/) paymentGuid?: string;
  /** Without the fee. @example 300 */
  @Optional() @IsInt() @Min(0) @Max(MOST_CENTS) amountCents?: number;
  /** @example 0 */
  @Optional() @IsInt() @Min(0) @Max(MOST_CENTS) feeCents?: number;
  /** Needed where the message came to an address that is no payment's. */
  @Optional() @IsUUID() paymentId?: string;
}

export class RejectPostback {
  /** Why it is not believed; stands in the audit trail. */
  @IsText(500) reason: string;
}

export class ListRefundsQuery {
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

export class RecordRefund {
  /** What was returned: all that was due, as you read it. @example 300 */
  @IsInt() @Min(1) @Max(MOST_CENTS) amountCents: number;
  /** How it was returned; stands in the audit trail. @example 'refunded in the Invoice Cloud biller portal' */
  @IsText(500) reason: string;
}
