import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Actor } from '../audit/audit-trail.js';
import { BillerList } from '../billers/biller-list.js';
import { BillerChanged, BillerGuidTaken, BillerHasOpenPayments, BillerNotFound } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { PartnerNotFound } from '../partners/errors.js';
import { BillerCheck } from './biller-check.js';
import { BillersAdminService } from './billers.admin.service.js';
import { ChangeBiller, CreateBiller, Deactivate, ListBillersQuery } from './billers.dto.js';
import { BillerDetailView, BillerListView, billerView, BillerView, CheckView } from './billers.view.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { IfMatch, RevisionMissing, RevisionStale } from './revision.js';

const OF_BILLERS = [...OF_ADMINISTRATORS, InvalidRequest, BillerNotFound];
const ETAG = { headers: { ETag: { schema: { type: 'string' as const } } } };

@ApiTags('Administration: billers')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/billers')
export class BillersAdminController {
  constructor(
    private readonly admin: BillersAdminService,
    private readonly billers: BillerList,
    private readonly checks: BillerCheck,
  ) {}

  /** Creates a biller for a partner */
  @Post()
  @RequiresRole('operator')
  @ApiCreatedResponse({ type: BillerView, ...ETAG })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PartnerNotFound, BillerGuidTaken], { takesBody: true })
  async create(
    @CurrentActor() actor: Actor,
    @Body() wanted: CreateBiller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BillerView> {
    return tagged(reply, await this.admin.create(actor, wanted));
  }

  /** Lists billers, by pages */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: BillerListView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  async list(@Query() query: ListBillersQuery): Promise<BillerListView> {
    const { billers, nextCursor } = await this.billers.page(query);
    return { data: billers.map(billerView), nextCursor };
  }

  /** Reads one biller with its settings, and what may be shown of its secrets */
  @Get(':billerId')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: BillerDetailView, ...ETAG })
  @ApiProblems(OF_BILLERS)
  async get(
    @Param('billerId', IdParam) billerId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BillerDetailView> {
    return tagged(reply, await this.admin.get(billerId));
  }

  /** Changes a biller; what is left out stays, null takes a value away */
  @Patch(':billerId')
  @RequiresRole('operator')
  @ApiHeader({ name: 'If-Match', required: true, description: 'The ETag that was read.' })
  @ApiOkResponse({ type: BillerView, ...ETAG })
  @ApiProblems([...OF_BILLERS, BillerGuidTaken, BillerChanged, RevisionStale, RevisionMissing], { takesBody: true })
  async update(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @IfMatch() revision: number,
    @Body() given: ChangeBiller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BillerView> {
    return tagged(reply, await this.admin.update(actor, billerId, revision, given));
  }

  /** Switches a biller off for partners; PostBacks are taken all the same */
  @Post(':billerId/deactivate')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: BillerView })
  @ApiProblems([...OF_BILLERS, BillerHasOpenPayments], { takesBody: true })
  deactivate(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Body() { force = false }: Deactivate,
  ): Promise<BillerView> {
    return this.admin.deactivate(actor, billerId, force);
  }

  /** Switches a biller on again */
  @Post(':billerId/activate')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: BillerView })
  @ApiProblems(OF_BILLERS)
  activate(@CurrentActor() actor: Actor, @Param('billerId', IdParam) billerId: string): Promise<BillerView> {
    return this.admin.setActive(actor, billerId, true);
  }

  /** Lets a biller open payments again after a restore: it was compared with Invoice Cloud */
  @Post(':billerId/restore-settled')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: BillerView })
  @ApiProblems(OF_BILLERS)
  settleRestore(@CurrentActor() actor: Actor, @Param('billerId', IdParam) billerId: string): Promise<BillerView> {
    return this.admin.settleRestore(actor, billerId);
  }

  /**
   * Looks whether a biller is ready, and says what to do where it is not
   *
   * @remarks Asks Invoice Cloud with the stored key, and looks at settings, policy and portal.
   */
  @Post(':billerId/check')
  @HttpCode(200)
  @RequiresRole('auditor')
  @ApiOkResponse({ type: CheckView })
  @ApiProblems(OF_BILLERS)
  check(@Param('billerId', IdParam) billerId: string): Promise<CheckView> {
    return this.checks.check(billerId);
  }
}

function tagged<T extends BillerView>(reply: FastifyReply, view: T): T {
  void reply.header('etag', `"${view.revision}"`);
  return view;
}
