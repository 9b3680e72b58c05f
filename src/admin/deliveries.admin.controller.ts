import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { ListDeliveriesQuery, ReplayDeliveries } from '../relay/deliveries.dto.js';
import { DeliveryQueries } from '../relay/delivery-queries.js';
import { DeliveryDetailView, DeliveryPageView, ReplayView } from '../relay/delivery.view.js';
import { DeliveryNotFound, TooManyReplays } from '../relay/errors.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { RelayAdminService } from './relay.admin.service.js';

const OF_DELIVERIES = [...OF_ADMINISTRATORS, InvalidRequest];

@ApiTags('Administration: relay')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/deliveries')
export class DeliveriesAdminController {
  constructor(
    private readonly admin: RelayAdminService,
    private readonly queries: DeliveryQueries,
  ) {}

  /** Lists deliveries, newest first */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: DeliveryPageView })
  @ApiProblems(OF_DELIVERIES)
  list(@Query() query: ListDeliveriesQuery): Promise<DeliveryPageView> {
    return this.queries.page(null, query);
  }

  /** Reads one delivery, with every attempt and the beginning of what was answered */
  @Get(':deliveryId')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: DeliveryDetailView })
  @ApiProblems([...OF_DELIVERIES, DeliveryNotFound])
  get(@Param('deliveryId', IdParam) id: string): Promise<DeliveryDetailView> {
    return this.queries.get(null, id);
  }

  /**
   * Sends deliveries again that match
   *
   * @remarks Under their own `webhook-id` and number. `{"failedSince": …}` takes all that failed since. Replays of one
   * partner go out one after the other, RELAY_REPLAYS_PER_MINUTE.
   */
  @Post('replay')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: ReplayView })
  @ApiProblems([...OF_DELIVERIES, TooManyReplays], { takesBody: true })
  replayAll(@CurrentActor() actor: Actor, @Body() wanted: ReplayDeliveries): Promise<ReplayView> {
    return this.admin.replayAll(actor, wanted);
  }

  /** Sends one delivery again */
  @Post(':deliveryId/replay')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: DeliveryDetailView })
  @ApiProblems([...OF_DELIVERIES, DeliveryNotFound, TooManyReplays])
  replay(@CurrentActor() actor: Actor, @Param('deliveryId', IdParam) id: string): Promise<DeliveryDetailView> {
    return this.admin.replay(actor, id);
  }
}
