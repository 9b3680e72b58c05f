import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AlertTestView } from '../alerts/alert.view.js';
import { AlertTeller } from '../alerts/alert-teller.js';
import { AlertsGoNowhere } from '../alerts/errors.js';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { ApiProblems } from '../common/openapi.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { OF_ADMINISTRATORS } from './described-errors.js';

@ApiTags('Operations')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/alerts')
export class AlertsAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly teller: AlertTeller,
  ) {}

  /** Sends a test message to ALERT_URL and ALERT_MAIL, and says what came of it */
  @Post('test')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: AlertTestView })
  @ApiProblems([...OF_ADMINISTRATORS, AlertsGoNowhere])
  async test(@CurrentActor() actor: Actor): Promise<AlertTestView> {
    const data = [...(await this.teller.test())];
    // Afterwards: no transaction waits for a receiver.
    await this.audit.change(actor, (change) => {
      change.record('alerts.test', 'alerts', null, {
        sent: data.filter(({ sent }) => sent).map(({ channel }) => channel),
      });
      return Promise.resolve();
    });
    return { data };
  }
}
