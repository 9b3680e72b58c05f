import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Biller } from './biller.entity.js';
import { BillersService } from './billers.service.js';
import { BillerGuard } from './current-biller.js';
import { InvoiceCloudKey } from './invoice-cloud-key.entity.js';
import { BillerSetting, SettingDefinition } from './setting.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Biller, InvoiceCloudKey, BillerSetting, SettingDefinition])],
  providers: [BillersService, BillerGuard],
  exports: [BillersService, BillerGuard],
})
export class BillersModule {}
