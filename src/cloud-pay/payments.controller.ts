import { Controller, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import { BillerGuard, CurrentBiller } from '../billers/current-biller.js';
import { BillerNotFound, ModeMismatch } from '../billers/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { InvalidRequest } from '../common/platform-error.js';
import { RequiresScope } from '../partners/access.js';
import { Forbidden, Unauthenticated } from '../partners/errors.js';
import { CloudPaymentBody, StrictCloudPayment } from './cloud-payment-body.js';
import { CloudPaymentRequest } from './cpv2-request.dto.js';
import { PaymentNotFound } from './errors.js';
import { IdempotencyKeyHeader } from './idempotency-key.js';
import { ListPaymentsQuery } from './list-payments.dto.js';
import { OF_OPENING } from './opening-errors.js';
import { PaymentQueries } from './payment-queries.js';
import { OpenedPaymentView, PaymentDetailView, PaymentEventsView, PaymentPageView } from './payment.view.js';
import { PaymentsService } from './payments.service.js';

const OF_CALLERS = [Unauthenticated, Forbidden, ModeMismatch, BillerNotFound];

@ApiTags('Cloud payments')
@ApiBearerAuth('partner-key')
@ApiParam({ name: 'billerId', format: 'uuid', description: 'The biller to act for.' })
@UseGuards(BillerGuard)
@Controller('v1/billers/:billerId/cloud-pay/payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly queries: PaymentQueries,
  ) {}

  /**
   * Opens a hosted payment page for one invoice
   *
   * @remarks Takes a Cloud Payments V2 request; answers the address of Invoice Cloud's hosted page, where the payer pays. The
   * verified result is relayed to PostBackURL and stands in the payment.
   */
  @Post()
  @RequiresScope('cloud-pay:write')
  @ApiBody({ type: CloudPaymentRequest })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body answer the same for 72 hours, without a second hosted page.',
    schema: { type: 'string', maxLength: 255 },
  })
  @ApiCreatedResponse({ type: OpenedPaymentView })
  @ApiProblems([...OF_CALLERS, ...OF_OPENING], { takesBody: true })
  open(
    @CurrentBiller() biller: Biller,
    @CloudPaymentBody(StrictCloudPayment) request: CloudPaymentRequest,
    @IdempotencyKeyHeader() idempotencyKey?: string,
  ): Promise<OpenedPaymentView> {
    return this.payments.open(biller, request, { idempotencyKey });
  }

  /** Lists payments, newest first */
  @Get()
  @RequiresScope('cloud-pay:read')
  @ApiOkResponse({ type: PaymentPageView })
  @ApiProblems([...OF_CALLERS, InvalidRequest])
  list(@CurrentBiller() biller: Biller, @Query() query: ListPaymentsQuery): Promise<PaymentPageView> {
    return this.queries.list(biller, query);
  }

  /** Reads one payment, and how the partner was told of it */
  @Get(':id')
  @RequiresScope('cloud-pay:read')
  @ApiOkResponse({ type: PaymentDetailView })
  @ApiProblems([...OF_CALLERS, PaymentNotFound])
  get(@CurrentBiller() biller: Biller, @Param('id') id: string): Promise<PaymentDetailView> {
    return this.queries.get(biller, id);
  }

  /** Lists what happened to a payment, oldest first */
  @Get(':id/events')
  @RequiresScope('cloud-pay:read')
  @ApiOkResponse({ type: PaymentEventsView })
  @ApiProblems([...OF_CALLERS, PaymentNotFound])
  events(@CurrentBiller() biller: Biller, @Param('id') id: string): Promise<PaymentEventsView> {
    return this.queries.events(biller, id);
  }
}
