import { Body, Controller, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { BillersService } from '../billers/billers.service.js';
import { BillerGuidTaken, BillerNotFound, SettingNotFound } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam, NumberParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { AdminOnly } from '../partners/access.js';
import { Forbidden, PartnerNotFound, Unauthenticated } from '../partners/errors.js';
import { CreateBiller, ListBillersQuery, PortalSettings, SetApiKey, SetSetting } from './admin.dto.js';
import { AdminService } from './admin.service.js';
import { ApiKeyView, BillerDetailView, BillerListView, billerView, BillerView, SettingView } from './admin.view.js';

const OF_CALLERS = [Unauthenticated, Forbidden];

@ApiTags('Administration')
@ApiBearerAuth('admin-key')
@AdminOnly()
@Controller('admin/v1/billers')
export class BillersAdminController {
  constructor(
    private readonly admin: AdminService,
    private readonly billers: BillersService,
  ) {}

  /** Creates a biller for a partner */
  @Post()
  @ApiCreatedResponse({ type: BillerView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, PartnerNotFound, BillerGuidTaken], { takesBody: true })
  create(@Body() wanted: CreateBiller): Promise<BillerView> {
    return this.admin.createBiller(wanted);
  }

  /** Lists the billers */
  @Get()
  @ApiOkResponse({ type: BillerListView })
  @ApiProblems([...OF_CALLERS, InvalidRequest])
  async list(@Query() { partnerId }: ListBillersQuery): Promise<BillerListView> {
    return { data: (await this.billers.list(partnerId)).map(billerView) };
  }

  /** Reads one biller with its settings, and what may be shown of its key */
  @Get(':billerId')
  @ApiOkResponse({ type: BillerDetailView })
  @ApiProblems([...OF_CALLERS, BillerNotFound])
  get(@Param('billerId', IdParam) billerId: string): Promise<BillerDetailView> {
    return this.admin.biller(billerId);
  }

  /** Sets what portals may do with the biller's pages; what is left out stays */
  @Patch(':billerId/portal')
  @ApiOkResponse({ type: BillerView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, BillerNotFound], { takesBody: true })
  setPortal(@Param('billerId', IdParam) billerId: string, @Body() settings: PortalSettings): Promise<BillerView> {
    return this.admin.setPortal(billerId, settings);
  }

  /** Sets the biller's API key at Invoice Cloud; it can't be read back */
  @Put(':billerId/api-key')
  @ApiOkResponse({ type: ApiKeyView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, BillerNotFound], { takesBody: true })
  setApiKey(@Param('billerId', IdParam) billerId: string, @Body() { apiKey }: SetApiKey): Promise<ApiKeyView> {
    return this.admin.setApiKey(billerId, apiKey);
  }

  /** Sets an advanced setting, such as 36, the ReturnUrl of one-time payments */
  @Put(':billerId/settings/:settingId')
  @ApiOkResponse({ type: SettingView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, BillerNotFound, SettingNotFound], { takesBody: true })
  setSetting(
    @Param('billerId', IdParam) billerId: string,
    @Param('settingId', NumberParam) settingId: number,
    @Body() { value }: SetSetting,
  ): Promise<SettingView> {
    return this.admin.setSetting(billerId, settingId, value);
  }
}
