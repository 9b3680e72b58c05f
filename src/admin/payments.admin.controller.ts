import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { NoRefundDue, PaymentNotFound } from '../cloud-pay/errors.js';
import { PaymentPageView, PaymentView } from '../cloud-pay/payment.view.js';
import { Refunds } from '../cloud-pay/refunds.js';
import { ApiProblems } from '../common/openapi.js';
import { IdParam } from '../common/params.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CurrentActor, RequiresRole } from '../partners/access.js';
import { OF_ADMINISTRATORS } from './described-errors.js';
import { ListRefundsQuery, RecordRefund } from './postbacks.dto.js';

@ApiTags('Administration: payments')
@ApiBearerAuth('admin-key')
@Controller('admin/v1/payments')
export class PaymentsAdminController {
  constructor(
    private readonly audit: AuditTrail,
    private readonly refunds: Refunds,
  ) {}

  /** Lists payments with something to return to the payer, the newest first */
  @Get('refunds-due')
  @RequiresRole('auditor')
  @ApiOkResponse({ type: PaymentPageView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest])
  due(@Query() { limit, cursor }: ListRefundsQuery): Promise<PaymentPageView> {
    return this.refunds.due(limit, cursor);
  }

  /** Notes that what was due has been returned, at Invoice Cloud; no money is moved by it */
  @Post(':paymentId/refund')
  @HttpCode(200)
  @RequiresRole('operator')
  @ApiOkResponse({ type: PaymentView })
  @ApiProblems([...OF_ADMINISTRATORS, InvalidRequest, PaymentNotFound, NoRefundDue], { takesBody: true })
  record(
    @CurrentActor() actor: Actor,
    @Param('paymentId', IdParam) paymentId: string,
    @Body() { amountCents, reason }: RecordRefund,
  ): Promise<PaymentView> {
    return this.audit.change(actor, (change) => this.refunds.record(change, paymentId, amountCents, reason));
  }
}
