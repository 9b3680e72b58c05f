import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdministratorsModule } from '../administrators/administrators.module.js';
import { AlertsModule } from '../alerts/alerts.module.js';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { AuditModule } from '../audit/audit.module.js';
import { BillersModule } from '../billers/billers.module.js';
import { CloudPayModule } from '../cloud-pay/cloud-pay.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { PostbacksModule } from '../postbacks/postbacks.module.js';
import { PartnersModule } from '../partners/partners.module.js';
import { ReconciliationModule } from '../reconciliation/reconciliation.module.js';
import { RelayModule } from '../relay/relay.module.js';
import { AdminKeysController } from './admin-keys.controller.js';
import { AlertsAdminController } from './alerts.admin.controller.js';
import { AuditAdminController } from './audit.admin.controller.js';
import { BillerCheck } from './biller-check.js';
import { ConfigurationController } from './configuration.controller.js';
import { ConfigurationService, ConfigurationWriters } from './configuration.service.js';
import { BillersAdminController } from './billers.admin.controller.js';
import { BillerDetails } from './biller-details.js';
import { BillersAdminService } from './billers.admin.service.js';
import { PaymentsAdminController } from './payments.admin.controller.js';
import { PostbacksAdminController } from './postbacks.admin.controller.js';
import { PartnersAdminController } from './partners.admin.controller.js';
import { PartnersAdminService } from './partners.admin.service.js';
import { ReconciliationsAdminController } from './reconciliations.admin.controller.js';
import { DeliveriesAdminController } from './deliveries.admin.controller.js';
import { EndpointsAdminController } from './endpoints.admin.controller.js';
import { RelayAdminService } from './relay.admin.service.js';
import { SecretsAdminController } from './secrets.admin.controller.js';
import { SecretsAdminService } from './secrets.admin.service.js';
import { SettingsAdminController } from './settings.admin.controller.js';
import { SpoolsAdminController } from './spools.admin.controller.js';
import { SpoolsAdminService } from './spools.admin.service.js';
import { WebhookSecretsAdminController } from './webhook-secrets.admin.controller.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([AuditEvent]),
    AlertsModule,
    AuditModule,
    AdministratorsModule,
    PartnersModule,
    BillersModule,
    CloudPayModule,
    PostbacksModule,
    ReconciliationModule,
    InvoiceCloudModule,
    RelayModule,
  ],
  controllers: [
    PartnersAdminController,
    WebhookSecretsAdminController,
    DeliveriesAdminController,
    EndpointsAdminController,
    AdminKeysController,
    BillersAdminController,
    SecretsAdminController,
    SettingsAdminController,
    AuditAdminController,
    AlertsAdminController,
    ConfigurationController,
    PostbacksAdminController,
    PaymentsAdminController,
    ReconciliationsAdminController,
    SpoolsAdminController,
  ],
  providers: [
    PartnersAdminService,
    RelayAdminService,
    BillersAdminService,
    BillerDetails,
    BillerCheck,
    SecretsAdminService,
    ConfigurationService,
    ConfigurationWriters,
    SpoolsAdminService,
  ],
})
export class AdminModule {}
