import { Controller, Get } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.js';
import { Public } from '../partners/access.js';
import { Health, NotReady } from './health.js';

export class HealthView {
  /** @example 'ok' */
  status: 'ok';
}

const OK: HealthView = { status: 'ok' };

/** Three questions of those who watch and balance; each also by HEAD. */
@ApiTags('Operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  /** Whether the process turns. Who restarts processes asks this, and nothing else does */
  @Get('live')
  @RouteConfig({ head: true })
  @ApiOkResponse({ type: HealthView })
  live(): HealthView {
    return OK;
  }

  /** Whether it can serve the API: it does not drain, and a write to the database has just been flushed */
  @Get('ready')
  @RouteConfig({ head: true })
  @ApiOkResponse({ type: HealthView })
  @ApiProblems([NotReady])
  async ready(): Promise<HealthView> {
    await this.health.requireReady();
    return OK;
  }

  /** Whether it can take PostBacks: it does not drain, and has the database or room in its spool */
  @Get('intake')
  @RouteConfig({ head: true })
  @ApiOkResponse({ type: HealthView })
  @ApiProblems([NotReady])
  async takesPostbacks(): Promise<HealthView> {
    await this.health.requireIntake();
    return OK;
  }
}
