import { Module } from '@nestjs/common';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { Health } from './health.js';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { Overview } from './overview.js';

@Module({
  imports: [InvoiceCloudModule],
  controllers: [HealthController, MetricsController],
  providers: [Health, Overview, Metrics],
})
export class OperationsModule {}
