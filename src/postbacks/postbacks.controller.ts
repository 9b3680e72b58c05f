import { Controller, createParamDecorator, type ExecutionContext, HttpCode, Param, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiNoContentResponse, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/openapi.js';
import { Public } from '../partners/access.js';
import { PostbackUnknown } from './errors.js';
import type { RawPostback } from './postback-message.js';
import { PostbacksService } from './postbacks.service.js';

/** The eighteen parameters that Invoice Cloud declares (observed). More may come; they are kept and relayed. */
export class PostbackFields {
  BillerGUID: string;
  PaymentDate: string;
  InvoiceNumber: string;
  @ApiProperty({ enum: ['True', 'False'] }) Approved: string;
  CustomerName: string;
  CustomerAddress: string;
  CustomerCity: string;
  CustomerState: string;
  CustomerZip: string;
  PaymentGUID: string;
  @ApiProperty({ example: '3.00' }) PaymentAmount: string;
  PaymentDescription: string;
  PaymentTypeID: string;
  @ApiProperty({ example: 'VISA' }) CardType: string;
  PaymentMessage: string;
  BillerReference: string;
  @ApiProperty({ example: '0.00' }) ConvenienceFee: string;
  RemoteIP: string;
}

const RawMessage = createParamDecorator((_: unknown, context: ExecutionContext): RawPostback => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const mark = request.url.indexOf('?');
  return {
    contentType: request.headers['content-type'] ?? '',
    query: mark < 0 ? '' : request.url.slice(mark + 1),
    body: typeof request.body === 'string' ? request.body : '',
  };
});

@ApiTags('Invoice Cloud')
@Controller('postbacks')
export class PostbacksController {
  constructor(private readonly postbacks: PostbacksService) {}

  /**
   * Receives a PostBack of Invoice Cloud
   *
   * @remarks The address is the one that Invoice Cloud was given for this payment; its last part is the credential. Answered
   * once the message is stored. The same message again is answered the same.
   */
  @Post(':capability')
  @HttpCode(204)
  @RouteConfig({ rawBody: true })
  @Public()
  @ApiParam({ name: 'capability', description: 'Secret of one payment.' })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({ type: PostbackFields })
  @ApiNoContentResponse({ description: 'Stored.' })
  @ApiProblems([PostbackUnknown])
  receive(@Param('capability') capability: string, @RawMessage() raw: RawPostback): Promise<void> {
    return this.postbacks.receive(capability, raw);
  }
}
