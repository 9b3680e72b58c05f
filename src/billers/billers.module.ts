import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Biller } from './biller.entity.js';
import { BillerList } from './biller-list.js';
import { BillerSecretsService } from './biller-secrets.service.js';
import { SecretsSweep } from './secrets-sweep.js';
import { BillersService } from './billers.service.js';
import { BillerGuard } from './current-biller.js';
import { OpeningFacts } from './opening-facts.js';
import { InvoiceCloudKey } from './invoice-cloud-key.entity.js';
import { BillerSetting, BillerSettingChange, SettingDefinition } from './setting.entity.js';
import { SettingsService } from './settings.service.js';
import { UnsettledBillers } from './unsettled.js';

@Module({
  imports: [TypeOrmModule.forFeature([Biller, InvoiceCloudKey, BillerSetting, BillerSettingChange, SettingDefinition])],
  providers: [
    BillersService,
    BillerSecretsService,
    SettingsService,
    BillerList,
    SecretsSweep,
    UnsettledBillers,
    BillerGuard,
    OpeningFacts,
  ],
  exports: [
    UnsettledBillers,
    BillersService,
    BillerSecretsService,
    SettingsService,
    BillerList,
    BillerGuard,
    OpeningFacts,
  ],
})
export class BillersModule {}
