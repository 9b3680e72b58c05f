import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { DisableEndpoint, ListEndpointsQuery } from '../relay/deliveries.dto.js';
import { EndpointPageView, EndpointView } from '../relay/delivery.view.js';
import { EndpointNotFound } from '../relay/errors.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { RelayAdminService } from './relay.admin.service.js';

const OF_ENDPOINTS = [...OF_ADMINISTRATORS, InvalidRequest];

@ApiTags('Administration: relay')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/relay-endpoints')
export class EndpointsAdminController {
  constructor(private readonly admin: RelayAdminService) {}

  /** Lists where partners take deliveries, with those that are switched off or held back */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: EndpointPageView })
  @ApiProblems(OF_ENDPOINTS)
  list(@Query() query: ListEndpointsQuery): Promise<EndpointPageView> {
    return this.admin.endpoints(query);
  }

  /** Switches an endpoint on: everything that waited goes out */
  @Post(':endpointId/enable')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: EndpointView })
  @ApiProblems([...OF_ENDPOINTS, EndpointNotFound])
  enable(@CurrentActor() actor: Actor, @Param('endpointId', IdParam) id: string): Promise<EndpointView> {
    return this.admin.enable(actor, id);
  }

  /** Switches an endpoint off: its deliveries wait, and none is dropped */
  @Post(':endpointId/disable')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: EndpointView })
  @ApiProblems([...OF_ENDPOINTS, EndpointNotFound], { takesBody: true })
  disable(
    @CurrentActor() actor: Actor,
    @Param('endpointId', IdParam) id: string,
    @Body() { reason }: DisableEndpoint,
  ): Promise<EndpointView> {
    return this.admin.disable(actor, id, reason);
  }
}
