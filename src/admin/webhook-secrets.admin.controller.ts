import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { LastWebhookSecret, PartnerNotFound, WebhookSecretNotFound } from '../partners/errors.js';
import { PartnersService } from '../partners/partners.service.js';
import { WebhookSecretsService } from '../partners/webhook-secrets.service.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { RollWebhookSecret } from './partners.dto.js';
import {
  RolledWebhookSecretView,
  WebhookSecretListView,
  WebhookSecretView,
  webhookSecretView,
} from './partners.view.js';

const OF_SECRETS = [...OF_ADMINISTRATORS, InvalidRequest, PartnerNotFound];

/** What signs deliveries to a partner. Every delivery carries a signature by each secret that is in force. */
@ApiTags('Administration: partners')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/partners/:partnerId')
export class WebhookSecretsAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly partners: PartnersService,
    private readonly secrets: WebhookSecretsService,
  ) {}

  /** Adds a webhook secret; those of its kind go on signing for the overlap */
  @Post('webhook-secret')
  @HttpCode(200)
  @RequiresRole('owner')
  @ApiOkResponse({ type: RolledWebhookSecretView })
  @ApiProblems(OF_SECRETS, { takesBody: true })
  roll(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Body() { kind, overlapHours }: RollWebhookSecret,
  ): Promise<RolledWebhookSecretView> {
    return this.audit.change(actor, async (change) => {
      const { record, shown } = await this.secrets.roll(change, partnerId, kind, overlapHours);
      return { ...webhookSecretView(record), webhookSecret: kind === 'hmac' ? shown : null };
    });
  }

  /** Lists the webhook secrets of a partner, without the secrets */
  @Get('webhook-secrets')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: WebhookSecretListView })
  @ApiProblems(OF_SECRETS)
  async list(@Param('partnerId', IdParam) partnerId: string): Promise<WebhookSecretListView> {
    await this.partners.get(partnerId);
    return { data: (await this.secrets.list(partnerId)).map(webhookSecretView) };
  }

  /** Ends a webhook secret at once; never the last one that stays in force */
  @Post('webhook-secrets/:secretId/expire')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: WebhookSecretView })
  @ApiProblems([...OF_SECRETS, WebhookSecretNotFound, LastWebhookSecret])
  async expire(
    @CurrentActor() actor: Actor,
    @Param('partnerId', IdParam) partnerId: string,
    @Param('secretId', IdParam) secretId: string,
  ): Promise<WebhookSecretView> {
    const work = this.audit.change(actor, (change) => this.secrets.expire(change, partnerId, secretId));
    return webhookSecretView(await work);
  }
}
