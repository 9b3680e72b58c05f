import {
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { html } from '../common/html.js';
import { ApiProblems } from '../common/openapi.js';
import { sendPage } from '../common/page.js';
import { InvalidRequest } from '../common/platform-error.js';
import {
  InvoiceCloudAnswerUnreadable,
  InvoiceCloudBusy,
  InvoiceCloudKeyRefused,
  InvoiceCloudLimited,
  InvoiceCloudPaused,
  InvoiceCloudTimeout,
  InvoiceCloudUnavailable,
} from '../invoice-cloud/errors.js';
import { Public } from '../partners/access.js';
import { described } from './approval-mail.js';
import { Approvals } from './approvals.js';
import { EmailAddressTaken, TicketNotUsable, UserLocked, UserNotRegistered } from './errors.js';

type Decision = 'approve' | 'refuse';

/** From the form's one field. @throws InvalidRequest */
const TheDecision = createParamDecorator((_: unknown, context: ExecutionContext): Decision => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  const decision = new URLSearchParams(typeof body === 'string' ? body : '').get('decision');
  if (decision === 'approve' || decision === 'refuse') return decision;
  throw InvalidRequest.of([{ field: 'decision', reason: 'must be approve or refuse' }]);
});

/** Where the link in the mail leads. Opening it decides nothing: scanners of links open them too. */
@ApiTags('Single sign-on')
@Public()
@Controller('approvals')
export class ApprovalsController {
  constructor(private readonly approvals: Approvals) {}

  /** Asks the user whether a change of e-mail address or password is wanted */
  @Get(':token')
  @RouteConfig({ problemPage: true })
  @ApiParam({ name: 'token', description: 'Secret, from the mail.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page with two buttons.' })
  @ApiProblems([TicketNotUsable])
  async ask(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const question = await this.approvals.question(token);
    sendPage(reply, 200, {
      title: `${question.biller}: confirm a change`,
      body: html`<p>${question.partner} was asked to change how you sign in:</p>
        <ul>
          ${described(question).map((line) => html`<li>${line}</li>`)}
        </ul>
        <form method="post">
          <button name="decision" value="approve">Approve the change</button>
          <button class="quiet" name="decision" value="refuse">Refuse it</button>
        </form>`,
      formAction: `'self'`,
    });
  }

  /** Takes the user's decision; the change is made, or wiped */
  @Post(':token')
  @HttpCode(200)
  @RouteConfig({ problemPage: true, rawBody: true })
  @ApiParam({ name: 'token', description: 'Secret, from the mail.' })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({ schema: { type: 'object', properties: { decision: { enum: ['approve', 'refuse'] } } } })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that says what was done.' })
  @ApiProblems([
    InvalidRequest,
    TicketNotUsable,
    EmailAddressTaken,
    UserNotRegistered,
    UserLocked,
    InvoiceCloudKeyRefused,
    InvoiceCloudUnavailable,
    InvoiceCloudAnswerUnreadable,
    InvoiceCloudTimeout,
    InvoiceCloudLimited,
    InvoiceCloudBusy,
    InvoiceCloudPaused,
  ])
  async decide(
    @Param('token') token: string,
    @TheDecision() decision: Decision,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.approvals[decision](token);
    sendPage(reply, 200, {
      title: decision === 'approve' ? 'The change is made' : 'The change is refused',
      body: html`<p>
        ${decision === 'approve' ? 'From now on, sign in with it.' : 'Nothing was changed.'} You can close this page.
      </p>`,
      formAction: `'none'`,
    });
  }
}
