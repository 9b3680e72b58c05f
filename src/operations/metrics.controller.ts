import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.js';
import { RequiresRole } from '../partners/access.js';
import { Forbidden, Unauthenticated } from '../partners/errors.js';
import { Metrics } from './metrics.js';
import { Overview, OverviewView } from './overview.js';

@ApiTags('Operations')
@ApiBearerAuth('admin-key')
@RequiresRole('auditor')
@Controller('admin/v1')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly overview: Overview,
  ) {}

  /**
   * Metrics for Prometheus, with an auditor's key as bearer token
   *
   * @remarks While the database is away the process answers with its own metrics, and `billbridge_database_up` is 0. The key must have been
   * used with this process in the last day.
   */
  @Get('metrics')
  @RequiresRole('auditor', { withoutDatabase: true })
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems([Unauthenticated, Forbidden])
  read(): Promise<string> {
    return this.metrics.text();
  }

  /** What waits, how much of it and since when: deliveries, held postbacks, refunds, alerts */
  @Get('overview')
  @ApiOkResponse({ type: OverviewView })
  @ApiProblems([Unauthenticated, Forbidden])
  look(): Promise<OverviewView> {
    return this.overview.read();
  }
}
