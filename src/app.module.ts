import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LoggerModule } from 'nestjs-pino';
import { AdminModule } from './admin/admin.module.js';
import { AdministratorsModule } from './administrators/administrators.module.js';
import { AlertsModule } from './alerts/alerts.module.js';
import { AuditModule } from './audit/audit.module.js';
import { BillersModule } from './billers/billers.module.js';
import { CloudPayModule } from './cloud-pay/cloud-pay.module.js';
import { CommonModule } from './common/common.module.js';
import { ProblemFilter } from './common/problem.js';
import { SecretBox } from './common/secret-box.js';
import { Sweepers } from './common/sweepers.js';
import { validation } from './common/validation.js';
import { type Config, configFactory } from './config/config.js';
import { DatabaseModule } from './database/database.module.js';
import { named } from './database/unavailable.js';
import { servingOptions } from './database/database.js';
import { Primary } from './database/primary.js';
import { InvoiceCloudModule } from './invoice-cloud/invoice-cloud.module.js';
import { logging } from './operations/logging.js';
import { OperationsModule } from './operations/operations.module.js';
import { AccessGuard } from './partners/access.guard.js';
import { PartnersModule } from './partners/partners.module.js';
import { PostbacksModule } from './postbacks/postbacks.module.js';
import { SpoolModule } from './spool/spool.module.js';
import { RelayModule } from './relay/relay.module.js';
import { SsoModule } from './sso/sso.module.js';

/** The platform on one screen. */
@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    const primary = new Primary(config.databaseUrl);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot({ isGlobal: true, cache: true, ignoreEnvFile: true, load: [configFactory(config)] }),
        LoggerModule.forRoot(logging(config)),
        TypeOrmModule.forRoot({
          ...servingOptions(primary, config.databasePoolSize, config.databaseConnectionSeconds),
          autoLoadEntities: true,
          retryAttempts: 1,
        }),
        CommonModule.with(new SecretBox(config.encryptionKeys), new Sweepers(config.sweepSeconds)),
        DatabaseModule.with(primary),
        AlertsModule,
        SpoolModule,
        InvoiceCloudModule,
        AuditModule,
        AdministratorsModule,
        PartnersModule,
        BillersModule,
        CloudPayModule,
        PostbacksModule,
        RelayModule,
        SsoModule,
        AdminModule,
        OperationsModule,
      ],
      providers: [
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_PIPE, useValue: validation },
        { provide: APP_FILTER, useValue: new ProblemFilter(named) },
      ],
    };
  }
}
