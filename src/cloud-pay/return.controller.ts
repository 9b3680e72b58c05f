import { Controller, Get, Param, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { html } from '../common/html.js';
import { ApiProblems } from '../common/openapi.js';
import { sendPage } from '../common/page.js';
import { Public } from '../partners/access.js';
import { ReturnLinkExpired } from './errors.js';
import { ReturnPages } from './return-pages.js';

/**
 * Tells the window that frames the page and the one that opened it, each only if it is the portal. Alone in its window,
 * the page has nobody to tell and goes on by itself; otherwise the link leaves the frame.
 */
const TELL = `const link = document.querySelector('a');
const message = { type: 'billbridge:return', paymentId: link.dataset.payment || null };
const others = [window.parent, window.opener].filter((other) => other && other !== window);
for (const other of others) other.postMessage(message, link.dataset.portal);
if (others.length === 0) location.replace(link.href)`;

@ApiTags('Cloud payments')
@Controller('return')
export class ReturnController {
  constructor(private readonly returns: ReturnPages) {}

  /**
   * Leads a payer back from Invoice Cloud to the portal
   *
   * @remarks The ReturnURL that Invoice Cloud is given for requests with a PortalOrigin. In that portal's iframe or window
   * it posts `{type: 'billbridge:return', paymentId}` to that very origin, and shows a link to the ReturnURL; in a window
   * of its own it goes on to the ReturnURL. It says that the payer came back, never that anything was paid.
   */
  @Get(':ticket')
  @Public()
  @RouteConfig({ problemPage: true })
  @ApiParam({ name: 'ticket', description: 'Secret; works until a day after the page that it leads back from.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that tells the portal and links to the ReturnURL.' })
  @ApiProblems([ReturnLinkExpired])
  async show(@Param('ticket') ticket: string, @Res() reply: FastifyReply): Promise<void> {
    const { portalOrigin, returnUrl, paymentId, dba } = await this.returns.find(ticket);
    sendPage(reply, 200, {
      title: `Back to ${dba}`,
      body: html`<p>You have left the payment pages. If nothing happens, go on by the link.</p>
        <p>
          <a
            href="${returnUrl}"
            target="_top"
            rel="noreferrer"
            data-portal="${portalOrigin}"
            data-payment="${paymentId ?? ''}"
            >Continue to ${new URL(returnUrl).host}</a
          >
        </p>`,
      script: TELL,
      frameAncestors: [portalOrigin],
      formAction: `'none'`,
    });
  }
}
