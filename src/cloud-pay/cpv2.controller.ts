import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBasicAuth, ApiBody, ApiExtraModels, ApiHeader, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import { BillerGuard, CurrentBiller } from '../billers/current-biller.js';
import { KeyNotBound, ModeMismatch } from '../billers/errors.js';
import { ApiProblems, FieldErrorView } from '../common/openapi.js';
import type { Problem } from '../common/problem.js';
import { RequiresScope } from '../partners/access.js';
import { Forbidden, Unauthenticated } from '../partners/errors.js';
import { CloudPaymentBody, ForwardingCloudPayment } from './cloud-payment-body.js';
import { CloudPaymentRequest } from './cpv2-request.dto.js';
import { IdempotencyKeyHeader } from './idempotency-key.js';
import { OF_OPENING } from './opening-errors.js';
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

const REFUSAL = { 'application/json': { schema: { $ref: '#/components/schemas/Cpv2Refusal' } } };

const renderProblem = (problem: Problem): unknown => ({
  Data: null,
  Message: `${problem.title}. ${problem.detail}`,
  Code: problem.code,
  RequestId: problem.requestId,
  ...(problem.errors && { Errors: problem.errors }),
});

/** For clients that speak Cloud Payments V2 already: they change their base URL and key and nothing else. */
@ApiExtraModels(Cpv2Refusal)
@ApiTags('Cloud payments')
@ApiBasicAuth('cpv2-key')
@UseGuards(BillerGuard)
@Controller('cloudpaymentsapi/v2')
export class Cpv2Controller {
  constructor(private readonly payments: PaymentsService) {}

  /**
   * Opens a hosted payment page, drop-in for existing Cloud Payments V2 clients
   *
   * @remarks As POST /v1/billers/{billerId}/cloud-pay/payments, with a key that is bound to one biller. Fields that the design
   * does not name are forwarded to Invoice Cloud as they are.
   */
  @Post()
  @HttpCode(200)
  @RouteConfig({ renderProblem })
  @RequiresScope('cloud-pay:write')
  @ApiBody({ type: CloudPaymentRequest })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', maxLength: 255 } })
  @ApiOkResponse({ type: Cpv2Answer })
  @ApiProblems([Unauthenticated, Forbidden, KeyNotBound, ModeMismatch, ...OF_OPENING], {
    takesBody: true,
    content: REFUSAL,
  })
  async open(
    @CurrentBiller() biller: Biller,
    @CloudPaymentBody(ForwardingCloudPayment) request: CloudPaymentRequest,
    @IdempotencyKeyHeader() idempotencyKey?: string,
  ): Promise<Cpv2Answer> {
    const opened = await this.payments.open(biller, request, { idempotencyKey });
    return { Data: { CloudPaymentURL: opened.cloudPaymentUrl } };
  }
}
