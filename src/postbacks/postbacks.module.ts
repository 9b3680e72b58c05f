import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CloudPayModule } from '../cloud-pay/cloud-pay.module.js';
import { RelayModule } from '../relay/relay.module.js';
import { Postback } from './postback.entity.js';
import { PostbacksController } from './postbacks.controller.js';
import { PostbacksService } from './postbacks.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Postback]), CloudPayModule, RelayModule],
  controllers: [PostbacksController],
  providers: [PostbacksService],
})
export class PostbacksModule {}
