import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { Health } from './health.js';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { Overview } from './overview.js';
import { Watch } from './watch.js';

@Module({
  imports: [AlertsModule, InvoiceCloudModule],
  controllers: [HealthController, MetricsController],
  providers: [Health, Overview, Metrics, Watch],
})
export class OperationsModule {}
