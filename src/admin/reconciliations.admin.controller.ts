import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiProduces, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { BillerNotFound } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { IsTime, Optional } from '../common/rules.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { CATEGORIES, type Category } from '../reconciliation/compare.js';
import { ReconciliationNotFound } from '../reconciliation/errors.js';
import {
  ReconciliationItemPageView,
  ReconciliationPageView,
  ReconciliationView,
} from '../reconciliation/reconciliation.view.js';
import { ReconciliationsService } from '../reconciliation/reconciliations.service.js';
import { OF_ADMINISTRATORS } from './described-errors.js';

class RequestReconciliation {
  /** Payments opened at this time or later. @example '2026-01-01T00:00:00Z' */
  @IsTime() from: string;
  /** Opened before this time. Default: now. */
  @Optional() @IsTime() to?: string;
}

class CategoryQuery {
  /** Payments of this kind alone. */
  @Optional() @IsIn(CATEGORIES) category?: Category;
}

class PageQuery extends CategoryQuery {
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many a page holds. */
  @ApiProperty({ required: false, type: 'integer' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit: number = 100;
}

class ListQuery {
  /** `nextCursor` of the page before. */
  @Optional() @IsUUID() cursor?: string;
  /** How many a page holds. */
  @ApiProperty({ required: false, type: 'integer' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}

const OF_ONE = [...OF_ADMINISTRATORS, InvalidRequest, ReconciliationNotFound];

@ApiTags('Administration: reconciliation')
@ApiBearerAuth('admin-key')
@Controller('admin/v1')
export class ReconciliationsAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly reconciliations: ReconciliationsService,
  ) {}

  /**
   * Compares a biller's payments with what Invoice Cloud says about their invoices
   *
   * @remarks Answered at once; the work goes on in the background, and GET tells how far it is. Where the biller does not let us
   * ask (`askInvoiceStatus`), our own books are compared alone.
   */
  @Post('billers/:billerId/reconciliations')
  @HttpCode(202)
  @RequiresRole('operator')
  @ApiAcceptedResponse({ type: ReconciliationView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, BillerNotFound], { takesBody: true })
  request(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Body() { from, to }: RequestReconciliation,
  ): Promise<ReconciliationView> {
    const window = { from: new Date(from), to: to === undefined ? new Date() : new Date(to) };
    return this.audit.change(actor, (change) => this.reconciliations.request(change, billerId, window));
  }

  /** Lists a biller's reconciliations, the newest first */
  @Get('billers/:billerId/reconciliations')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: ReconciliationPageView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, BillerNotFound])
  list(
    @Param('billerId', IdParam) billerId: string,
    @Query() { limit, cursor }: ListQuery,
  ): Promise<ReconciliationPageView> {
    return this.reconciliations.list(billerId, limit, cursor);
  }

  /** Tells how far a reconciliation is, and what it found */
  @Get('reconciliations/:reconciliationId')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: ReconciliationView })
  @ApiProblems(OF_ONE)
  get(@Param('reconciliationId', IdParam) id: string): Promise<ReconciliationView> {
    return this.reconciliations.get(id);
  }

  /** Lists the payments of a reconciliation, each with its category */
  @Get('reconciliations/:reconciliationId/items')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: ReconciliationItemPageView })
  @ApiProblems(OF_ONE)
  items(
    @Param('reconciliationId', IdParam) id: string,
    @Query() { category, limit, cursor }: PageQuery,
  ): Promise<ReconciliationItemPageView> {
    return this.reconciliations.page(id, category, limit, cursor);
  }

  /** Gives the same as CSV */
  @Get('reconciliations/:reconciliationId/items.csv')
  @RequiresRole('auditor')
  @Header('content-type', 'text/csv; charset=utf-8')
  @ApiProduces('text/csv')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(OF_ONE)
  async csv(
    @Param('reconciliationId', IdParam) id: string,
    @Query() { category }: CategoryQuery,
  ): Promise<StreamableFile> {
    await this.reconciliations.get(id);
    return new StreamableFile(Readable.from(this.reconciliations.csv(id, category)));
  }
}
