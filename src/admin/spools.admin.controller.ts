import { Body, Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { SpoolHeld, SpoolNotFound } from '../spool/errors.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { SpoolsAdminService } from './spools.admin.service.js';
import { DeclareSpoolLost, LostSpoolView, SpoolListView } from './spools.view.js';

@ApiTags('Administration: spools')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/spools')
export class SpoolsAdminController {
  constructor(private readonly spools: SpoolsAdminService) {}

  /** Lists the spools in which processes keep PostBacks that the database can not take */
  @Get()
  @RequiresRole('auditor')
  @ApiOkResponse({ type: SpoolListView })
  @ApiProblems(OF_ADMINISTRATORS)
  list(): Promise<SpoolListView> {
    return this.spools.list();
  }

  /**
   * Declares a silent spool lost
   *
   * @remarks Its folder is destroyed, or nobody will start a process on it again. From then on the invoices whose PostBacks it may
   * hold can be opened anew: a payer who has paid may then pay twice, so reconcile that time first. If its folder comes back after
   * all, what it holds is recorded.
   */
  @Delete(':spoolId')
  @RequiresRole('owner')
  @ApiOkResponse({ type: LostSpoolView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, SpoolNotFound, SpoolHeld], { takesBody: true })
  declareLost(
    @CurrentActor() actor: Actor,
    @Param('spoolId', IdParam) spoolId: string,
    @Body() { reason }: DeclareSpoolLost,
  ): Promise<LostSpoolView> {
    return this.spools.declareLost(actor, spoolId, reason);
  }
}
