import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillersModule } from '../billers/billers.module.js';
import { CloudPayModule } from '../cloud-pay/cloud-pay.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { RelayModule } from '../relay/relay.module.js';
import { PostbackDecisions } from './decisions.js';
import { DoubtfulPostbacks } from './doubtful.js';
import { PostbacksJanitor } from './janitor.js';
import { PageExpiry } from './page-expiry.js';
import { PostbackRecorder } from './recorder.js';
import { Postback } from './postback.entity.js';
import { PostbacksController } from './postbacks.controller.js';
import { PostbackReplay } from './replay.js';
import { PostbackRecording } from './recording.js';
import { PostbacksService } from './postbacks.service.js';
import { QuickPostbacks } from './quick-postbacks.js';

@Module({
  imports: [TypeOrmModule.forFeature([Postback]), BillersModule, CloudPayModule, InvoiceCloudModule, RelayModule],
  controllers: [PostbacksController],
  providers: [
    PostbacksService,
    PostbackRecording,
    PostbackReplay,
    QuickPostbacks,
    PostbackRecorder,
    PostbackDecisions,
    DoubtfulPostbacks,
    PostbacksJanitor,
    PageExpiry,
  ],
  exports: [PostbackDecisions, DoubtfulPostbacks],
})
export class PostbacksModule {}
