import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdministratorsModule } from '../administrators/administrators.module.js';
import { AccessGuard } from './access.guard.js';
import { PartnerKey } from './partner-key.entity.js';
import { PartnerKeysService } from './partner-keys.service.js';
import { Partner } from './partner.entity.js';
import { PartnersService } from './partners.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Partner, PartnerKey]), AdministratorsModule],
  providers: [PartnersService, PartnerKeysService, AccessGuard],
  exports: [PartnersService, PartnerKeysService, AccessGuard],
})
export class PartnersModule {}
