import { Controller, Get, Param, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/openapi.js';
import { sendPage } from '../common/page.js';
import { Public } from '../partners/access.js';
import { ReturnLinkExpired } from './errors.js';
import { notKnownPage, returnPage } from './return-page.js';
import { ReturnPages } from './return-pages.js';

@ApiTags('Cloud payments')
@Controller('return')
export class ReturnController {
  constructor(private readonly returns: ReturnPages) {}

  /**
   * Leads a payer back from Invoice Cloud to the portal
   *
   * @remarks The ReturnURL that Invoice Cloud is given for requests with a PortalOrigin. In that portal's iframe or window
   * it posts `{type: 'billbridge:return', paymentId}` to that very origin, and shows a link to the ReturnURL; in a window
   * of its own it goes on to the ReturnURL. It says that the payer came back, never that anything was paid. Where a report of
   * the payment was received and is not recorded yet, it says so, and that nobody should pay again. While the database is away
   * it looks again by itself.
   */
  @Get(':ticket')
  @Public()
  @RouteConfig({ problemPage: notKnownPage })
  @ApiParam({ name: 'ticket', description: 'Secret; works until a day after the page that it leads back from.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that tells the portal and links to the ReturnURL.' })
  @ApiProblems([ReturnLinkExpired])
  async show(@Param('ticket') ticket: string, @Res() reply: FastifyReply): Promise<void> {
    sendPage(reply, 200, returnPage(await this.returns.find(ticket)));
  }
}
