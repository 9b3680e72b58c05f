import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../audit/audit-trail.js';
import { BillerNotFound } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest, KeyEnded } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { PartnerKeyNotFound, PartnerNameTaken, PartnerNotFound } from '../partners/errors.js';
import { PartnersService } from '../partners/partners.service.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { PartnersAdminService } from './partners.admin.service.js';
import { CreatePartner, CreatePartnerKey, ExpireKey, RollKey } from './partners.dto.js';
import {
  CreatedPartnerKeyView,
  CreatedPartnerView,
  PartnerKeyListView,
  PartnerKeyView,
  PartnerListView,
  partnerView,
} from './partners.view.js';

const OF_KEYS = [...OF_ADMINISTRATORS, InvalidRequest, PartnerKeyNotFound];

/** Whatever shows a secret takes an owner. */
@ApiTags('Administration: partners')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/partners')
export class PartnersAdminController {
  constructor(
    private readonly admin: PartnersAdminService,
    private readonly partners: PartnersService,
  ) {}

  /** Creates a partner, and its webhook secret, which is shown once */
  @Post()
  @RequiresRole('owner')
  @ApiCreatedResponse({ type: CreatedPartnerView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PartnerNameTaken], { takesBody: true })
  create(@CurrentActor() actor: Actor, @Body() { name }: CreatePartner): Promise<CreatedPartnerView> {
    return this.admin.create(actor, name);
  }

  /** Lists the partners */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: PartnerListView })
  @ApiProblems(OF_ADMINISTRATORS)
  async list(): Promise<PartnerListView> {
    return { data: (await this.partners.list()).map(partnerView) };
  }

  /** Creates an API key for a partner, which is shown once */
  @Post(':partnerId/keys')
  @RequiresRole('owner')
  @ApiCreatedResponse({ type: CreatedPartnerKeyView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PartnerNotFound, BillerNotFound], { takesBody: true })
  createKey(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Body() wanted: CreatePartnerKey,
  ): Promise<CreatedPartnerKeyView> {
    return this.admin.createKey(actor, partnerId, wanted);
  }

  /** Lists the API keys of a partner, with when each was used last */
  @Get(':partnerId/keys')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: PartnerKeyListView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PartnerNotFound])
  listKeys(@Param('partnerId', IdParam) partnerId: string): Promise<PartnerKeyListView> {
    return this.admin.listKeys(partnerId);
  }

  /** Replaces an API key by a new one that may do the same; the old one goes on for the overlap */
  @Post(':partnerId/keys/:keyId/roll')
  @RequiresRole('owner')
  @ApiCreatedResponse({ type: CreatedPartnerKeyView })
  @ApiProblems([...OF_KEYS, KeyEnded], { takesBody: true })
  rollKey(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Param('keyId', IdParam) keyId: string,
    @Body() { overlapHours }: RollKey,
  ): Promise<CreatedPartnerKeyView> {
    return this.admin.rollKey(actor, partnerId, keyId, overlapHours);
  }

  /** Sets when an API key ends; an end that is nearer already stays */
  @Post(':partnerId/keys/:keyId/expire')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: PartnerKeyView })
  @ApiProblems(OF_KEYS, { takesBody: true })
  expireKey(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Param('keyId', IdParam) keyId: string,
    @Body() { at }: ExpireKey,
  ): Promise<PartnerKeyView> {
    return this.admin.expireKey(actor, partnerId, keyId, at);
  }

  /** Ends an API key at once, on every process */
  @Post(':partnerId/keys/:keyId/revoke')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: PartnerKeyView })
  @ApiProblems(OF_KEYS)
  revokeKey(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Param('keyId', IdParam) keyId: string,
  ): Promise<PartnerKeyView> {
    return this.admin.revokeKey(actor, partnerId, keyId);
  }
}
