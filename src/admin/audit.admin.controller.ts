import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { type FindOptionsWhere, LessThan, Repository } from 'typeorm';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { ApiProblems } from '../common/openapi.js';
import { InvalidRequest } from '../common/platform-error.js';
import { IsText, Optional } from '../common/rules.js';
import { RequiresRole } from '../partners/access.js';
import { OF_ADMINISTRATORS } from './described-errors.js';

export class ListAuditEventsQuery {
  /** Events of this administrator alone. @example 'ADMIN_KEY' */
  @Optional() @IsText(300) actor?: string;
  /** Events of this kind alone. @example 'biller.update' */
  @Optional() @IsText(100) action?: string;
  /** Events about this thing alone. @example 'biller:018f0000-0000-7000-8000-000000000000' */
  @Optional() @IsText(200) target?: string;
  /** `nextCursor` of the page before. */
  @ApiProperty({ required: false, type: 'integer' })
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number;
  /** How many events a page holds. */
  @ApiProperty({ required: false, type: 'integer', default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;
}

export class AuditEventView {
  /** Without a gap. */
  @ApiProperty({ type: 'string' }) seq: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty() actor: string;
  @ApiProperty({ example: 'biller.update' }) action: string;
  @ApiProperty() target: string;
  /** Secrets are fingerprints. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true }) before: unknown;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true }) after: unknown;
  /** From where. */
  @ApiProperty() ip: string;
  @ApiProperty() requestId: string;
  /** SHA-256 over the hash before and this event, in hexadecimal. */
  @ApiProperty() hash: string;
}

export class AuditEventListView {
  @ApiProperty({ type: [AuditEventView] }) data: AuditEventView[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor: string | null;
}

@ApiTags('Administration: audit')
@ApiBearerAuth('admin-key')
@RequiresRole('auditor')
@Controller('admin/v1/audit-events')
export class AuditAdminController {
  constructor(@InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>) {}

  /** Lists what administrators changed, the newest first */
  @Get()
  @ApiOkResponse({ type: AuditEventListView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  async list(@Query() query: ListAuditEventsQuery): Promise<AuditEventListView> {
    const where: FindOptionsWhere<AuditEvent> = {
      ...(query.actor && { actor: query.actor }),
      ...(query.action && { action: query.action }),
      ...(query.target && { target: query.target }),
      ...(query.cursor && { seq: LessThan(String(query.cursor)) }),
    };
    const found = await this.events.find({ where, order: { seq: 'DESC' }, take: query.limit + 1 });
    const page = found.slice(0, query.limit);
    return { data: page.map(eventView), nextCursor: found.length > page.length ? (page.at(-1)?.seq ?? null) : null };
  }
}

const eventView = (event: AuditEvent): AuditEventView => ({
  seq: event.seq,
  at: event.at.toISOString(),
  actor: event.actor,
  action: event.action,
  target: event.target,
  before: event.before,
  after: event.after,
  ip: event.ip,
  requestId: event.requestId,
  hash: event.hash.toString('hex'),
});
