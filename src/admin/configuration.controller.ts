import {
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOkResponse, ApiProduces, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDocument, stringify } from 'yaml';
import type { Actor } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { InvalidRequest } from '../common/platform-error.js';
import { validation } from '../common/validation.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { Configuration } from './configuration.dto.js';
import { ConfigurationService } from './configuration.service.js';
import { ImportView } from './configuration.view.js';
import { OF_ADMINISTRATORS } from './described-errors.js';

/** Some five thousand billers. */
const MOST_BYTES = 5_242_880;

export class ExportQuery {
  @ApiProperty({ required: false, enum: ['yaml', 'json'], default: 'yaml' })
  @IsIn(['yaml', 'json'])
  format: 'yaml' | 'json' = 'yaml';
}

export class ImportQuery {
  /** Answers the differences and changes nothing. */
  @ApiProperty({ required: false, type: 'boolean', default: false })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  dryRun: boolean = false;
}

/** YAML or JSON, which is YAML too. @throws InvalidRequest where it is neither, or a bomb of aliases */
const ConfigurationText = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  const refuse = (reason: string) => InvalidRequest.of([{ field: 'body', reason }]);
  if (typeof body !== 'string' || !body.trim()) throw refuse('must be YAML or JSON, as the export gives it');
  const document = parseDocument(body, { strict: true, uniqueKeys: true, schema: 'core' });
  const [error] = document.errors;
  if (error) throw refuse(`is no YAML: ${error.code} at line ${error.linePos?.[0].line ?? '?'}`);
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refuse('must not use aliases (* and &): write every row out');
  }
});

/** Configuration as code: everything but secrets in one file. */
@ApiTags('Administration: configuration')
@ApiBearerAuth('admin-key')
@Controller('admin/v1')
export class ConfigurationController {
  constructor(private readonly configuration: ConfigurationService) {}

  /** Gives partners, settings, billers and policies as one file, with secrets as references */
  @Get('export')
  @RequiresRole('auditor')
  @ApiProduces('application/yaml', 'application/json')
  @ApiOkResponse({ type: Configuration })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  async export(@Query() { format }: ExportQuery, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.configuration.export();
    const text = format === 'json' ? JSON.stringify(file, null, 2) : stringify(file, { aliasDuplicateObjects: false });
    void reply.header('content-type', `application/${format}; charset=utf-8`).send(text);
  }

  /**
   * Brings the platform to what a file says
   *
   * @remarks All or nothing: a row that is not valid is named, and nothing is imported. What the file does not name stays;
   * secrets are never in it. Ask with `dryRun=true` first.
   */
  @Post('import')
  @HttpCode(200)
  @RequiresRole('owner')
  @RouteConfig({ rawBody: true, mostBytes: MOST_BYTES })
  @ApiConsumes('application/yaml', 'application/json')
  @ApiBody({ type: Configuration })
  @ApiOkResponse({ type: ImportView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  async import(
    @CurrentActor() actor: Actor,
    @Query() { dryRun }: ImportQuery,
    @ConfigurationText() given: unknown,
  ): Promise<ImportView> {
    const file = (await validation.transform(given, { type: 'body', metatype: Configuration })) as Configuration;
    return { dryRun, rows: await this.configuration.import(actor, file, dryRun) };
  }
}
