import { Module } from '@nestjs/common';
import { BillersModule } from '../billers/billers.module.js';
import { PartnersModule } from '../partners/partners.module.js';
import { AdminService } from './admin.service.js';
import { BillersAdminController } from './billers.admin.controller.js';
import { PartnersAdminController } from './partners.admin.controller.js';

@Module({
  imports: [PartnersModule, BillersModule],
  controllers: [PartnersAdminController, BillersAdminController],
  providers: [AdminService],
})
export class AdminModule {}
