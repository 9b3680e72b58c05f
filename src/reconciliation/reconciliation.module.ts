import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillersModule } from '../billers/billers.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { Comparison } from './comparison.js';
import { ReconciliationJanitor } from './janitor.js';
import { Reconciliation, ReconciliationDay, ReconciliationItem } from './reconciliation.entity.js';
import { ReconciliationsService } from './reconciliations.service.js';

/** What Invoice Cloud says about payments, beside what we have: every day, and when somebody asks. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Reconciliation, ReconciliationDay, ReconciliationItem]),
    BillersModule,
    InvoiceCloudModule,
  ],
  providers: [ReconciliationsService, Comparison, ReconciliationJanitor],
  exports: [ReconciliationsService],
})
export class ReconciliationModule {}
