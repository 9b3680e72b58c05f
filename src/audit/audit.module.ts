import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEvent, AuditHead } from './audit-event.entity.js';
import { AuditTrail } from './audit-trail.js';

@Module({
  imports: [TypeOrmModule.forFeature([AuditEvent, AuditHead])],
  providers: [AuditTrail],
  exports: [AuditTrail],
})
export class AuditModule {}
