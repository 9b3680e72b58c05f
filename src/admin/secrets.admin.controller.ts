import {
  Body,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../audit/audit-trail.js';
import { BillerNotFound, NothingToRestore } from '../billers/errors.js';
import { type SecretKind, SECRET_KINDS } from '../billers/invoice-cloud-key.entity.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { CheckSecret, RestoreSecret, SetSecret } from './billers.dto.js';
import { SecretCheckView, SecretListView, SecretView } from './billers.view.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { SecretNotAccepted } from './errors.js';
import { SecretsAdminService } from './secrets.admin.service.js';

const OF_SECRETS = [...OF_ADMINISTRATORS, InvalidRequest, BillerNotFound];

/** Which of the two the route is for. */
const Kind = createParamDecorator((_: unknown, context: ExecutionContext): SecretKind => {
  const { url = '' } = context.switchToHttp().getRequest<FastifyRequest>().routeOptions;
  return SECRET_KINDS.find((kind) => url.includes(`/${kind}`)) ?? 'api-key';
});

@ApiTags('Administration: billers')
@ApiBearerAuth('admin-key')
@Controller(SECRET_KINDS.map((kind) => `admin/v1/billers/:billerId/${kind}`))
export class SecretsAdminController {
  constructor(private readonly admin: SecretsAdminService) {}

  /** Puts a key of Invoice Cloud's in use, if Invoice Cloud accepts it; it can't be read back */
  @Put()
  @RequiresRole('operator')
  @ApiOkResponse({ type: SecretView })
  @ApiProblems([...OF_SECRETS, SecretNotAccepted], { takesBody: true })
  set(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Kind() kind: SecretKind,
    @Body() wanted: SetSecret,
  ): Promise<SecretView> {
    return this.admin.set(actor, billerId, kind, wanted);
  }

  /** Lists the versions of a key: last four characters, who set it and when */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: SecretListView })
  @ApiProblems(OF_SECRETS)
  list(@Param('billerId', IdParam) billerId: string, @Kind() kind: SecretKind): Promise<SecretListView> {
    return this.admin.list(billerId, kind);
  }

  /** Asks Invoice Cloud whether it accepts a key, without storing it */
  @Post('check')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: SecretCheckView })
  @ApiProblems(OF_SECRETS, { takesBody: true })
  check(
    @Param('billerId', IdParam) billerId: string,
    @Kind() kind: SecretKind,
    @Body() { key }: CheckSecret,
  ): Promise<SecretCheckView> {
    return this.admin.check(billerId, kind, key);
  }

  /** Brings the key before back, while its overlap lasts */
  @Post('restore')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: SecretView })
  @ApiProblems([...OF_SECRETS, NothingToRestore, SecretNotAccepted], { takesBody: true })
  restore(
    @CurrentActor() actor: Actor,
    @Param('billerId', IdParam) billerId: string,
    @Kind() kind: SecretKind,
    @Body() wanted: RestoreSecret,
  ): Promise<SecretView> {
    return this.admin.restore(actor, billerId, kind, wanted);
  }
}
