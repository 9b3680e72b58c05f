import { Body, Controller, Delete, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Biller } from '../billers/biller.entity.js';
import { OriginNotAllowed } from '../billers/errors.js';
import { BillerGuard, CurrentBiller } from '../billers/current-biller.js';
import { PublicUrlMissing } from '../cloud-pay/errors.js';
import { ApiProblems } from '../common/openapi.js';
import { InvalidRequest } from '../common/platform-error.js';
import { RequiresScope } from '../partners/access.js';
import { OF_CALLERS, OF_INVOICE_CLOUD } from './described-errors.js';
import {
  AccountNotFound,
  AccountNotLinked,
  AccountTaken,
  CredentialsWrong,
  SessionExpired,
  SessionNotFound,
  TooManyAttempts,
  UserLocked,
  UserNotRegistered,
} from './errors.js';
import { LinkedAccountsService } from './linked-accounts.js';
import { PagesService } from './pages.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.js';
import { LinkAccounts, OpenPage, SignIn } from './sso.dto.js';
import { LinkedAccountsView, PageView, SessionView, UnregisteredView } from './sso.view.js';

const OF_SESSIONS = [...OF_CALLERS, SessionNotFound, SessionExpired];

@ApiTags('Single sign-on')
@ApiBearerAuth('partner-key')
@ApiParam({ name: 'billerId', format: 'uuid', description: 'The biller to act for.' })
@UseGuards(BillerGuard)
@Controller('v1/billers/:billerId/sso/sessions')
export class SessionsController {
  constructor(
    private readonly signIns: SignInService,
    private readonly sessions: SessionsService,
    private readonly pages: PagesService,
    private readonly accounts: LinkedAccountsService,
  ) {}

  /**
   * Signs a user in to Invoice Cloud
   *
   * @remarks A user who is not registered yet is registered first, with the accounts sent or those that Invoice Cloud
   * has under this address. With `accountNumbers`, accounts that are missing at Invoice Cloud are linked, and `sync`
   * says what was found. The password passes through; five wrong ones in fifteen minutes are 429.
   */
  @Post()
  @RequiresScope('sso:write')
  @ApiCreatedResponse({ type: SessionView })
  @ApiProblems(
    [
      ...OF_CALLERS,
      InvalidRequest,
      CredentialsWrong,
      UserNotRegistered,
      UserLocked,
      TooManyAttempts,
      AccountNotFound,
      AccountTaken,
      ...OF_INVOICE_CLOUD,
    ],
    { takesBody: true },
  )
  signIn(@CurrentBiller() biller: Biller, @Body() user: SignIn): Promise<SessionView> {
    return this.signIns.signIn(biller, user);
  }

  /** Ends a session; ending it twice is no error */
  @Delete(':sessionId')
  @HttpCode(204)
  @RequiresScope('sso:write')
  @ApiNoContentResponse({ description: 'The token is forgotten here.' })
  @ApiProblems([...OF_CALLERS, SessionNotFound])
  end(@CurrentBiller() biller: Biller, @Param('sessionId') sessionId: string): Promise<void> {
    return this.sessions.end(biller, sessionId);
  }

  /**
   * Opens one of Invoice Cloud's pages for the portal's iframe
   *
   * @remarks Put `launchUrl` into the iframe, or post `handOff` from a page of your own.
   */
  @Post(':sessionId/pages')
  @RequiresScope('sso:write')
  @ApiCreatedResponse({ type: PageView })
  @ApiProblems([...OF_SESSIONS, InvalidRequest, OriginNotAllowed, PublicUrlMissing], { takesBody: true })
  openPage(
    @CurrentBiller() biller: Biller,
    @Param('sessionId') sessionId: string,
    @Body() page: OpenPage,
  ): Promise<PageView> {
    return this.pages.open(biller, sessionId, page);
  }

  /**
   * Links accounts to the user
   *
   * @remarks All or nothing. An account that is linked already is no error.
   */
  @Post(':sessionId/accounts')
  @HttpCode(200)
  @RequiresScope('sso:write')
  @ApiOkResponse({ type: LinkedAccountsView })
  @ApiProblems(
    [...OF_SESSIONS, InvalidRequest, AccountNotFound, AccountTaken, UserNotRegistered, ...OF_INVOICE_CLOUD],
    {
      takesBody: true,
    },
  )
  link(
    @CurrentBiller() biller: Biller,
    @Param('sessionId') sessionId: string,
    @Body() { accountNumbers }: LinkAccounts,
  ): Promise<LinkedAccountsView> {
    return this.accounts.link(biller, sessionId, accountNumbers);
  }

  /**
   * Unregisters an account of the user
   *
   * @remarks There is no unlink: unregistering the primary account takes the linked ones with it. The answer says which
   * went.
   */
  @Delete(':sessionId/accounts/:accountNumber')
  @RequiresScope('sso:write')
  @ApiOkResponse({ type: UnregisteredView })
  @ApiProblems([...OF_SESSIONS, AccountNotLinked, ...OF_INVOICE_CLOUD])
  unregister(
    @CurrentBiller() biller: Biller,
    @Param('sessionId') sessionId: string,
    @Param('accountNumber') accountNumber: string,
  ): Promise<UnregisteredView> {
    return this.accounts.unregister(biller, sessionId, accountNumber);
  }
}
