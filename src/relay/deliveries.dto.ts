import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { IsText, IsTime, Optional } from '../common/rules.js';
import { DELIVERY_STATUSES, type DeliveryStatus } from './delivery.entity.js';

/** Which deliveries; all that is given must hold. */
export class OwnDeliveryFilter {
  @Optional() @IsUUID() billerId?: string;
  /** Deliveries about this payment alone. */
  @Optional() @IsUUID() paymentId?: string;
  @Optional() @IsUUID() endpointId?: string;
  @Optional() @IsIn(DELIVERY_STATUSES) status?: DeliveryStatus;
  /** Recorded at this time or later. @example '2026-01-31T00:00:00Z' */
  @Optional() @IsTime() from?: string;
  /** Recorded before this time. @example '2026-02-01T00:00:00Z' */
  @Optional() @IsTime() before?: string;
  /** Not delivered, and failed at this time or later. @example '2026-01-31T00:00:00Z' */
  @Optional() @IsTime() failedSince?: string;
}

export class ListOwnDeliveriesQuery extends OwnDeliveryFilter {
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many deliveries a page holds. */
  @ApiProperty({ required: false, type: 'integer', default: 20 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}

export class ListDeliveriesQuery extends ListOwnDeliveriesQuery {
  @Optional() @IsUUID() partnerId?: string;
}

export class ReplayOwnDeliveries extends OwnDeliveryFilter {
  /** true: says how many match, and sends nothing. */
  @Optional() @IsBoolean() dryRun?: boolean;
  /** `nextCursor` of the call before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many are sent again by this call at most. */
  @ApiProperty({ required: false, type: 'integer', default: 1000 })
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 1000;
}

export class ReplayDeliveries extends ReplayOwnDeliveries {
  @Optional() @IsUUID() partnerId?: string;
}

export class ListEndpointsQuery {
  @Optional() @IsUUID() partnerId?: string;
  /** true: those that are switched off alone; false: the others. */
  @ApiProperty({ required: false, type: 'boolean' })
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  disabled?: boolean;
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many endpoints a page holds. */
  @ApiProperty({ required: false, type: 'integer', default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;
}

export class DisableEndpoint {
  /** Why; shown to administrators. @example 'asked for by the partner, ticket 4711' */
  @IsText(200) reason: string;
}
