import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdministratorsModule } from '../administrators/administrators.module.js';
import { AccessGuard } from './access.guard.js';
import { PartnerKey } from './partner-key.entity.js';
import { PartnerKeysService } from './partner-keys.service.js';
import { Partner } from './partner.entity.js';
import { PartnersService } from './partners.service.js';
import { WebhookSecret } from './webhook-secret.entity.js';
import { WebhookSecretsService } from './webhook-secrets.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Partner, PartnerKey, WebhookSecret]), AdministratorsModule],
  providers: [PartnersService, PartnerKeysService, WebhookSecretsService, AccessGuard],
  exports: [PartnersService, PartnerKeysService, WebhookSecretsService, AccessGuard],
})
export class PartnersModule {}
