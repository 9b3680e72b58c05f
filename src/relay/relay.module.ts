import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PartnersModule } from '../partners/partners.module.js';
import { Delivery } from './delivery.entity.js';
import { RelayJanitor } from './janitor.js';
import { RelayQueue } from './queue.js';
import { RelayService } from './relay.service.js';
import { Sender } from './sender.js';

@Module({
  imports: [TypeOrmModule.forFeature([Delivery]), PartnersModule],
  providers: [RelayService, RelayQueue, Sender, RelayJanitor],
  exports: [RelayService],
})
export class RelayModule {}
