import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { PartnersModule } from '../partners/partners.module.js';
import { Attempts } from './attempts.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryAttempt } from './delivery-attempt.entity.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliverySequence } from './delivery-sequence.entity.js';
import { Delivery } from './delivery.entity.js';
import { Dispatcher } from './dispatcher.js';
import { RelayEndpoint } from './endpoint.entity.js';
import { EndpointsService } from './endpoints.service.js';
import { RelayJanitor } from './janitor.js';
import { OwnReplays } from './own-replays.js';
import { RelayService } from './relay.service.js';
import { Replays } from './replays.js';
import { Sender } from './sender.js';
import { WakeUp } from './wake-up.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Delivery, DeliveryAttempt, DeliverySequence, RelayEndpoint]),
    AuditModule,
    PartnersModule,
  ],
  controllers: [DeliveriesController],
  providers: [
    RelayService,
    DeliveryQueue,
    Dispatcher,
    WakeUp,
    Attempts,
    Sender,
    RelayJanitor,
    DeliveryQueries,
    Replays,
    OwnReplays,
    EndpointsService,
  ],
  exports: [RelayService, DeliveryQueries, Replays, EndpointsService],
})
export class RelayModule {}
