import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdminKey } from './admin-key.entity.js';
import { AdministratorsService } from './administrators.service.js';
import { Oidc } from './oidc.js';

@Module({
  imports: [TypeOrmModule.forFeature([AdminKey])],
  providers: [AdministratorsService, Oidc],
  exports: [AdministratorsService],
})
export class AdministratorsModule {}
