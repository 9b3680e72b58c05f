import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ApiProblems } from '../common/openapi.js';
import { PlatformError } from '../common/platform-error.js';
import { Public } from '../partners/access.js';

export class HealthView {
  /** @example 'ok' */
  status: 'ok';
}

export class NotReady extends PlatformError {
  static override readonly code = 'not_ready';
  static override readonly status = 503;
  static override readonly title = 'The platform is not ready';
}

@ApiTags('Operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Whether the process runs */
  @Get('live')
  @ApiOkResponse({ type: HealthView })
  live(): HealthView {
    return { status: 'ok' };
  }

  /** Whether it can do its work: the database answers */
  @Get('ready')
  @ApiOkResponse({ type: HealthView })
  @ApiProblems([NotReady])
  async ready(): Promise<HealthView> {
    await this.dataSource.query('select 1').catch((cause: unknown) => {
      throw new NotReady('The database does not answer.', { cause, retryAfter: 5 });
    });
    return { status: 'ok' };
  }
}
