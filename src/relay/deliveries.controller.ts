import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { type Caller, CurrentActor, CurrentCaller, RequiresScope } from '../partners/access.js';
import { Forbidden, Unauthenticated } from '../partners/errors.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryDetailView, DeliveryPageView, ReplayView } from './delivery.view.js';
import { ListOwnDeliveriesQuery, ReplayOwnDeliveries } from './deliveries.dto.js';
import { DeliveryNotFound, TooManyReplays } from './errors.js';
import { OwnReplays } from './own-replays.js';

const OF_CALLERS = [Unauthenticated, Forbidden, InvalidRequest];

/** A partner's own deliveries: those about billers that the key acts for. */
@ApiTags('Deliveries')
@ApiBearerAuth('partner-key')
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(
    private readonly queries: DeliveryQueries,
    private readonly replays: OwnReplays,
  ) {}

  /** Lists deliveries, newest first */
  @Get()
  @RequiresScope('relay:read')
  @ApiOkResponse({ type: DeliveryPageView })
  @ApiProblems(OF_CALLERS)
  list(@CurrentCaller() caller: Caller, @Query() query: ListOwnDeliveriesQuery): Promise<DeliveryPageView> {
    return this.queries.page(caller, query);
  }

  /** Reads one delivery, with every attempt and what your endpoint answered */
  @Get(':id')
  @RequiresScope('relay:read')
  @ApiOkResponse({ type: DeliveryDetailView })
  @ApiProblems([...OF_CALLERS, DeliveryNotFound])
  get(@CurrentCaller() caller: Caller, @Param('id', IdParam) id: string): Promise<DeliveryDetailView> {
    return this.queries.get(caller, id);
  }

  /**
   * Sends deliveries again that match
   *
   * @remarks Under their own `webhook-id` and number: what you have, you drop. They go out one after the other.
   */
  @Post('replay')
  @HttpCode(200)
  @RequiresScope('relay:write')
  @ApiOkResponse({ type: ReplayView })
  @ApiProblems([...OF_CALLERS, TooManyReplays], { takesBody: true })
  replayAll(
    @CurrentActor() actor: Actor,
    @CurrentCaller() caller: Caller,
    @Body() wanted: ReplayOwnDeliveries,
  ): Promise<ReplayView> {
    return this.replays.many(actor, caller, wanted);
  }

  /** Sends one delivery again */
  @Post(':id/replay')
  @HttpCode(200)
  @RequiresScope('relay:write')
  @ApiOkResponse({ type: DeliveryDetailView })
  @ApiProblems([...OF_CALLERS, DeliveryNotFound, TooManyReplays])
  replay(
    @CurrentActor() actor: Actor,
    @CurrentCaller() caller: Caller,
    @Param('id', IdParam) id: string,
  ): Promise<DeliveryDetailView> {
    return this.replays.one(actor, caller, id);
  }
}
