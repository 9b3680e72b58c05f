import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessGuard } from './access.guard.js';
import { PartnerKey } from './partner-key.entity.js';
import { Partner } from './partner.entity.js';
import { PartnersService } from './partners.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Partner, PartnerKey])],
  providers: [PartnersService, AccessGuard],
  exports: [PartnersService, AccessGuard],
})
export class PartnersModule {}
