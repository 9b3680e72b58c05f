import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillersModule } from '../billers/billers.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { RelayModule } from '../relay/relay.module.js';
import { BeingRecorded } from './being-recorded.js';
import { Cpv2Controller } from './cpv2.controller.js';
import { Idempotency } from './idempotency.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { CloudPayJanitor } from './janitor.js';
import { PaymentEvent } from './payment-event.entity.js';
import { PaymentQueries } from './payment-queries.js';
import { Payment } from './payment.entity.js';
import { PaymentsController } from './payments.controller.js';
import { PaymentsService } from './payments.service.js';
import { Openings } from './openings.js';
import { QuickOpenings } from './quick-openings.js';
import { Receipt } from './receipt.entity.js';
import { Refunds } from './refunds.js';
import { ReturnController } from './return.controller.js';
import { ReturnPages } from './return-pages.js';
import { ReturnTicket } from './return-ticket.entity.js';
import { Settlement } from './settlement.js';

/** Cloud Payments V2, for LeadsOnline and every other client of it. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Payment, PaymentEvent, Receipt, IdempotencyKey, ReturnTicket]),
    BillersModule,
    InvoiceCloudModule,
    JournalModule,
    RelayModule,
  ],
  controllers: [PaymentsController, Cpv2Controller, ReturnController],
  providers: [
    PaymentsService,
    Openings,
    QuickOpenings,
    Refunds,
    PaymentQueries,
    Idempotency,
    CloudPayJanitor,
    Settlement,
    ReturnPages,
    BeingRecorded,
  ],
  exports: [PaymentsService, PaymentQueries, Refunds, Settlement, ReturnPages, BeingRecorded],
})
export class CloudPayModule {}
