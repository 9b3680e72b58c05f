import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AdministratorsService } from '../administrators/administrators.service.js';
import { AdminKeyNotFound } from '../administrators/errors.js';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest, KeyEnded } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { CreateAdminKey, RollKey } from './partners.dto.js';
import { AdminKeyListView, adminKeyView, AdminKeyView, CreatedAdminKeyView } from './partners.view.js';

const OF_KEYS = [...OF_ADMINISTRATORS, InvalidRequest, AdminKeyNotFound];

@ApiTags('Administration: administrators')
@ApiBearerAuth('admin-key')
@RequiresRole('owner')
@Controller('admin/v1/admin-keys')
export class AdminKeysController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly administrators: AdministratorsService,
  ) {}

  /** Creates an administrator's key, which is shown once */
  @Post()
  @ApiCreatedResponse({ type: CreatedAdminKeyView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest], { takesBody: true })
  async create(@CurrentActor() actor: Actor, @Body() wanted: CreateAdminKey): Promise<CreatedAdminKeyView> {
    const expiresAt = wanted.expiresAt ? new Date(wanted.expiresAt) : null;
    const { record, key } = await this.audit.change(actor, (change) =>
      this.administrators.create(change, { ...wanted, expiresAt }),
    );
    return { ...adminKeyView(record), key };
  }

  /** Lists the administrators' keys, with when each was used last */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: AdminKeyListView })
  @ApiProblems(OF_ADMINISTRATORS)
  async list(): Promise<AdminKeyListView> {
    return { data: (await this.administrators.list()).map(adminKeyView) };
  }

  /** Replaces a key by a new one of the same role; the old one goes on for the overlap */
  @Post(':keyId/roll')
  @ApiCreatedResponse({ type: CreatedAdminKeyView })
  @ApiProblems([...OF_KEYS, KeyEnded], { takesBody: true })
  async roll(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam) keyId: string,
    @Body() { overlapHours }: RollKey,
  ): Promise<CreatedAdminKeyView> {
    const { record, key } = await this.audit.change(actor, (change) =>
      this.administrators.roll(change, keyId, overlapHours),
    );
    return { ...adminKeyView(record), key };
  }

  /** Ends a key at once, on every process */
  @Post(':keyId/revoke')
  @HttpCode(200)
  @ApiOkResponse({ type: AdminKeyView })
  @ApiProblems(OF_KEYS)
  async revoke(@CurrentActor() actor: Actor, @Param('keyId', IdParam) keyId: string): Promise<AdminKeyView> {
    return adminKeyView(await this.audit.change(actor, (change) => this.administrators.revoke(change, keyId)));
  }
}
