import { Controller, createParamDecorator, type ExecutionContext, HttpCode, Param, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiNoContentResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/openapi.js';
import { Public } from '../partners/access.js';
import { NotKept, SpoolFull } from '../spool/errors.js';
import { PostbackNotRecorded, PostbackUnknown } from './errors.js';
import { PostbackFields } from './postback-fields.dto.js';
import type { RawPostback } from './postback-message.js';
import { PostbacksService } from './postbacks.service.js';

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
   * once the message is stored, in the database or in the spool. The same message again is answered the same.
   */
  @Post(':capability')
  @HttpCode(204)
  @RouteConfig({ rawBody: true })
  @Public()
  @ApiParam({ name: 'capability', description: 'Secret of one payment.' })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({ type: PostbackFields })
  @ApiNoContentResponse({ description: 'Stored.' })
  @ApiProblems([PostbackUnknown, PostbackNotRecorded, SpoolFull, NotKept])
  receive(@Param('capability') capability: string, @RawMessage() raw: RawPostback): Promise<void> {
    return this.postbacks.receive(capability, raw);
  }
}
