import { Controller, Get, Param, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { html } from '../common/html.js';
import { ApiProblems } from '../common/openapi.js';
import { sendPage } from '../common/page.js';
import { Public } from '../partners/access.js';
import { SessionExpired, TicketNotUsable } from './errors.js';
import { PagesService } from './pages.js';

@ApiTags('Single sign-on')
@Controller('launch')
export class LaunchController {
  constructor(private readonly pages: PagesService) {}

  /**
   * Hands the payer's browser over to Invoice Cloud
   *
   * @remarks For the `src` of the portal's iframe. Works once, for a minute: answers a page that posts the hand-off to
   * Invoice Cloud at once, or by a button where scripts do not run.
   */
  @Get(':ticket')
  @Public()
  @RouteConfig({ problemPage: true })
  @ApiParam({ name: 'ticket', description: 'Secret, of one use.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that posts itself to Invoice Cloud.' })
  @ApiProblems([TicketNotUsable, SessionExpired])
  async launch(@Param('ticket') ticket: string, @Res() reply: FastifyReply): Promise<void> {
    const { handOff, frameAncestors } = await this.pages.launch(ticket);
    const fields = Object.entries(handOff.fields).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    );
    sendPage(reply, 200, {
      title: 'Opening your bills',
      body: html`<form method="post" action="${handOff.action}">
        ${fields}
        <p>One moment. If nothing happens, go on by hand.</p>
        <button type="submit">Continue to Invoice Cloud</button>
      </form>`,
      script: 'document.forms[0].submit()',
      frameAncestors,
      formAction: new URL(handOff.action).origin,
    });
  }
}
