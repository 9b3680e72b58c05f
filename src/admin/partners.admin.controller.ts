import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { BillerNotFound } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { AdminOnly } from '../partners/access.js';
import { Forbidden, PartnerNameTaken, PartnerNotFound, Unauthenticated } from '../partners/errors.js';
import { PartnersService } from '../partners/partners.service.js';
import { CreatePartner, CreatePartnerKey } from './admin.dto.js';
import { AdminService } from './admin.service.js';
import {
  CreatedPartnerKeyView,
  CreatedPartnerView,
  PartnerListView,
  partnerView,
  WebhookSecretView,
} from './admin.view.js';

const OF_CALLERS = [Unauthenticated, Forbidden];

@ApiTags('Administration')
@ApiBearerAuth('admin-key')
@AdminOnly()
@Controller('admin/v1/partners')
export class PartnersAdminController {
  constructor(
    private readonly admin: AdminService,
    private readonly partners: PartnersService,
  ) {}

  /** Creates a partner, and its webhook secret, which is shown once */
  @Post()
  @ApiCreatedResponse({ type: CreatedPartnerView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, PartnerNameTaken], { takesBody: true })
  create(@Body() { name }: CreatePartner): Promise<CreatedPartnerView> {
    return this.admin.createPartner(name);
  }

  /** Lists the partners */
  @Get()
  @ApiOkResponse({ type: PartnerListView })
  @ApiProblems(OF_CALLERS)
  async list(): Promise<PartnerListView> {
    return { data: (await this.partners.list()).map(partnerView) };
  }

  /** Creates an API key for a partner, which is shown once */
  @Post(':partnerId/keys')
  @ApiCreatedResponse({ type: CreatedPartnerKeyView })
  @ApiProblems([...OF_CALLERS, InvalidRequest, PartnerNotFound, BillerNotFound], { takesBody: true })
  createKey(
    @Param('partnerId', IdParam) partnerId: string,
    @Body() wanted: CreatePartnerKey,
  ): Promise<CreatedPartnerKeyView> {
    return this.admin.createKey(partnerId, wanted);
  }

  /** Replaces the webhook secret; the one before stops at once */
  @Post(':partnerId/webhook-secret')
  @HttpCode(200)
  @ApiOkResponse({ type: WebhookSecretView })
  @ApiProblems([...OF_CALLERS, PartnerNotFound])
  async rollWebhookSecret(@Param('partnerId', IdParam) partnerId: string): Promise<WebhookSecretView> {
    return { webhookSecret: await this.partners.rollWebhookSecret(partnerId) };
  }
}
