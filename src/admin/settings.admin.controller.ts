import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { BillersService } from '../billers/billers.service.js';
import { BillerNotFound, SettingIdTaken, SettingNotFound } from '../billers/errors.js';
import { SettingsService } from '../billers/settings.service.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam, NumberParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { DefineSetting, SetSetting } from './billers.dto.js';
import {
  definitionView,
  settingChangeView,
  SettingDefinitionListView,
  SettingDefinitionView,
  SettingHistoryView,
  SettingListView,
  settingView,
} from './billers.view.js';
import { OF_ADMINISTRATORS } from './described-errors.js';

const OF_SETTINGS = [...OF_ADMINISTRATORS, InvalidRequest, BillerNotFound];

@ApiTags('Administration: settings')
@ApiBearerAuth('admin-key')
@Controller('admin/v1')
export class SettingsAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly settings: SettingsService,
    private readonly billers: BillersService,
  ) {}

  /** Defines an advanced setting of Invoice Cloud's under its number */
  @Post('setting-definitions')
  @RequiresRole('operator')
  @ApiCreatedResponse({ type: SettingDefinitionView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, SettingIdTaken], { takesBody: true })
  async define(@CurrentActor() actor: Actor, @Body() wanted: DefineSetting): Promise<SettingDefinitionView> {
    const { defaultValue = null, choices = null, workflow = null } = wanted;
    const definition = { ...wanted, defaultValue, choices: wanted.type === 'choice' ? choices : null, workflow };
    return definitionView(await this.audit.change(actor, (change) => this.settings.define(change, definition)));
  }

  /** Lists the settings that are defined */
  @Get('setting-definitions')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: SettingDefinitionListView })
  @ApiProblems(OF_ADMINISTRATORS)
  async definitions(): Promise<SettingDefinitionListView> {
    return { data: (await this.settings.listDefinitions()).map(definitionView) };
  }

  /** Lists every setting with the value that counts at a biller, and where it comes from */
  @Get('billers/:billerId/settings')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: SettingListView })
  @ApiProblems(OF_SETTINGS)
  list(@Param('billerId', IdParam) billerId: string): Promise<SettingListView> {
    return this.effective(billerId);
  }

  /** Sets an advanced setting, such as 36, the ReturnUrl of one-time payments */
  @Put('billers/:billerId/settings/:settingId')
  @RequiresRole('operator')
  @ApiOkResponse({ type: SettingListView })
  @ApiProblems([...OF_SETTINGS, SettingNotFound], { takesBody: true })
  async set(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Param('settingId', NumberParam) settingId: number,
    @Body() { value }: SetSetting,
  ): Promise<SettingListView> {
    await this.audit.change(actor, (change) => this.settings.set(change, billerId, settingId, value));
    return this.effective(billerId);
  }

  /** Takes a biller's own value away; the default counts then */
  @Delete('billers/:billerId/settings/:settingId')
  @RequiresRole('operator')
  @ApiOkResponse({ type: SettingListView })
  @ApiProblems([...OF_SETTINGS, SettingNotFound])
  async unset(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Param('settingId', NumberParam) settingId: number,
  ): Promise<SettingListView> {
    await this.audit.change(actor, (change) => this.settings.set(change, billerId, settingId, null));
    return this.effective(billerId);
  }

  /** Lists every value that a setting had at a biller, with who set it and when */
  @Get('billers/:billerId/settings/:settingId/history')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: SettingHistoryView })
  @ApiProblems([...OF_SETTINGS, SettingNotFound])
  async history(
    @Param('billerId', IdParam) billerId: string,
    @Param('settingId', NumberParam) settingId: number,
  ): Promise<SettingHistoryView> {
    await this.billers.get(billerId);
    await this.settings.definition(settingId);
    return { data: (await this.settings.history(billerId, settingId)).map(settingChangeView) };
  }

  private async effective(billerId: string): Promise<SettingListView> {
    await this.billers.get(billerId);
    return { data: (await this.settings.effective(billerId)).map(settingView) };
  }
}
