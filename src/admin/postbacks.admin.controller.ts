import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { PostbackDecisions } from '../postbacks/decisions.js';
import { DoubtfulPostbacks } from '../postbacks/doubtful.js';
import { PaymentGuidSpent, PostbackDecided, PostbackNotFound } from '../postbacks/errors.js';
import { PostbackDetailView, PostbackPageView } from '../postbacks/postback.view.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { AcceptPostback, ListPostbacksQuery, RejectPostback } from './postbacks.dto.js';

const OF_DECISIONS = [...OF_ADMINISTRATORS, InvalidRequest, PostbackNotFound, PostbackDecided];

@ApiTags('Administration: postbacks')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/postbacks')
export class PostbacksAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly doubtful: DoubtfulPostbacks,
    private readonly decisions: PostbackDecisions,
  ) {}

  /** Lists what Invoice Cloud said and was not believed, the oldest first */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: PostbackPageView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  list(@Query() query: ListPostbacksQuery): Promise<PostbackPageView> {
    return this.doubtful.list(query);
  }

  /** Reads one: what was asked, what it says, and what accepting it would do */
  @Get(':postbackId')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: PostbackDetailView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PostbackNotFound])
  get(@Param('postbackId', IdParam) postbackId: string): Promise<PostbackDetailView> {
    return this.doubtful.get(postbackId);
  }

  /** Accepts one: it is booked as if it had been verified, and the partner is told */
  @Post(':postbackId/accept')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: PostbackDetailView })
  @ApiProblems([...OF_DECISIONS, PaymentGuidSpent], { takesBody: true })
  async accept(
    @CurrentActor() actor: Actor,
    @Param('postbackId', IdParam) postbackId: string,
    @Body() acceptance: AcceptPostback,
  ): Promise<PostbackDetailView> {
    await this.audit.change(actor, (change) => this.decisions.accept(change, postbackId, acceptance));
    return this.doubtful.get(postbackId);
  }

  /** Rejects one: it is kept, and changes nothing */
  @Post(':postbackId/reject')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: PostbackDetailView })
  @ApiProblems(OF_DECISIONS, { takesBody: true })
  async reject(
    @CurrentActor() actor: Actor,
    @Param('postbackId', IdParam) postbackId: string,
    @Body() { reason }: RejectPostback,
  ): Promise<PostbackDetailView> {
    await this.audit.change(actor, (change) => this.decisions.reject(change, postbackId, reason));
    return this.doubtful.get(postbackId);
  }
}
