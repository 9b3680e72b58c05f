import { Controller, Headers, HttpCode, Post, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBasicAuth, ApiBody, ApiHeader, ApiOkResponse, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import { BillerGuard, CurrentBiller } from '../billers/current-biller.js';
import { FieldErrorView } from '../common/openapi.js';
import type { Problem } from '../common/problem.js';
import { RequiresScope } from '../partners/access.js';
import { CloudPaymentBody, ForwardingCloudPayment } from './cloud-payment-body.js';
import { CloudPaymentRequest } from './cpv2-request.dto.js';
import { checkIdempotencyKey } from './idempotency.js';
import { PaymentsService } from './payments.service.js';

export class Cpv2Data {
  /** Send the payer's browser there. */
  @ApiProperty({ format: 'uri' }) CloudPaymentURL: string;
}

/** Invoice Cloud's own form (observed). */
export class Cpv2Answer {
  Data: Cpv2Data;
}

export class Cpv2Refusal {
  @ApiProperty({ type: 'string', nullable: true, example: null }) Data: null;
  /** What happened and what to do next. */
  Message: string;
  /** As in problem details. @example 'invalid_request' */
  Code: string;
  /** Tell it to the operator. */
  RequestId: string;
  @ApiProperty({ type: [FieldErrorView], required: false }) Errors?: FieldErrorView[];
}

const renderProblem = (problem: Problem): unknown => ({
  Data: null,
  Message: `${problem.title}. ${problem.detail}`,
  Code: problem.code,
  RequestId: problem.requestId,
  ...(problem.errors && { Errors: problem.errors }),
});

/** For clients that speak Cloud Payments V2 already: they change their base URL and key and nothing else. */
@ApiTags('Cloud payments')
@ApiBasicAuth('cpv2-key')
@UseGuards(BillerGuard)
@Controller('cloudpaymentsapi/v2')
export class Cpv2Controller {
  constructor(private readonly payments: PaymentsService) {}

  /**
   * Opens a hosted payment page, drop-in for existing Cloud Payments V2 clients
   *
   * As POST /v1/billers/{billerId}/cloud-pay/payments, with a key that is bound to one biller. Fields that the design
   * does not name are forwarded to Invoice Cloud as they are.
   */
  @Post()
  @HttpCode(200)
  @RouteConfig({ renderProblem })
  @RequiresScope('cloud-pay:write')
  @ApiBody({ type: CloudPaymentRequest })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', maxLength: 255 } })
  @ApiOkResponse({ type: Cpv2Answer })
  @ApiResponse({ status: '4XX', type: Cpv2Refusal, description: 'Something to change; the message says what.' })
  @ApiResponse({ status: '5XX', type: Cpv2Refusal, description: 'Try again, or tell the operator.' })
  async open(
    @CurrentBiller() biller: Biller,
    @CloudPaymentBody(ForwardingCloudPayment) request: CloudPaymentRequest,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<Cpv2Answer> {
    const opened = await this.payments.open(biller, request, checkIdempotencyKey(idempotencyKey));
    return { Data: { CloudPaymentURL: opened.cloudPaymentUrl } };
  }
}
