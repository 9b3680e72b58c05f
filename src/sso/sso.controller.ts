import { Body, Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
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
import { SettingMissing } from '../billers/errors.js';
import { BillerGuard, CurrentBiller } from '../billers/current-biller.js';
import { CloudPaymentBody, StrictCloudPayment } from '../cloud-pay/cloud-payment-body.js';
import { CloudPaymentRequest } from '../cloud-pay/cpv2-request.dto.js';
import { PublicUrlMissing } from '../cloud-pay/errors.js';
import { IdempotencyKeyHeader } from '../cloud-pay/idempotency-key.js';
import { OF_OPENING } from '../cloud-pay/opening-errors.js';
import { ApiProblems } from '../common/openapi.js';
import { InvalidRequest } from '../common/platform-error.js';
import { MailNotSent } from '../mail/errors.js';
import { RequiresScope } from '../partners/access.js';
import { CredentialChangesService } from './credential-changes.js';
import { OF_CALLERS, OF_INVOICE_CLOUD } from './described-errors.js';
import {
  AccountNotFound,
  AccountTaken,
  CredentialChangeNotFound,
  CredentialsWrong,
  EmailAddressTaken,
  TooManyAttempts,
  TooManyMails,
  UserLocked,
  UserNotRegistered,
} from './errors.js';
import { OneTimePaymentsService } from './one-time-payments.js';
import { RegistrationService } from './registration.js';
import { ChangeCredentials, Registration } from './sso.dto.js';
import { CredentialChangeView, OneTimePaymentView, RegistrationView } from './sso.view.js';

@ApiTags('Single sign-on')
@ApiBearerAuth('partner-key')
@ApiParam({ name: 'billerId', format: 'uuid', description: 'The biller to act for.' })
@UseGuards(BillerGuard)
@Controller('v1/billers/:billerId/sso')
export class SsoController {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly oneTimePayments: OneTimePaymentsService,
    private readonly credentialChanges: CredentialChangesService,
  ) {}

  /**
   * Registers a user at Invoice Cloud and signs in
   *
   * @remarks `branch` says what was found: the account unknown (a customer record is made), known and unregistered, or
   * registered already (signed in). Registering twice is no error. Stopped halfway, the error's `completed` says how far
   * it got, and the same request goes on from there.
   */
  @Post('registrations')
  @RequiresScope('sso:write')
  @ApiCreatedResponse({ type: RegistrationView })
  @ApiProblems(
    [...OF_CALLERS, InvalidRequest, CredentialsWrong, UserLocked, TooManyAttempts, AccountTaken, ...OF_INVOICE_CLOUD],
    { takesBody: true },
  )
  register(@CurrentBiller() biller: Biller, @Body() wanted: Registration): Promise<RegistrationView> {
    return this.registrations.register(biller, wanted);
  }

  /**
   * Opens a hosted payment page for an unregistered user
   *
   * @remarks A Cloud Payments V2 request with CreateCustomerRecord true and the biller's setting 36 as ReturnURL. The
   * payment is recorded and relayed as any other; it can be read under cloud-pay/payments.
   */
  @Post('one-time-payments')
  @RequiresScope('sso:write')
  @ApiBody({ type: CloudPaymentRequest })
  @ApiHeader({ name: 'Idempotency-Key', required: false, schema: { type: 'string', maxLength: 255 } })
  @ApiCreatedResponse({ type: OneTimePaymentView })
  @ApiProblems([...OF_CALLERS, ...OF_OPENING, SettingMissing], { takesBody: true })
  openOneTimePayment(
    @CurrentBiller() biller: Biller,
    @CloudPaymentBody(StrictCloudPayment) request: CloudPaymentRequest,
    @IdempotencyKeyHeader() idempotencyKey?: string,
  ): Promise<OneTimePaymentView> {
    return this.oneTimePayments.open(biller, request, idempotencyKey);
  }

  /**
   * Changes e-mail address and password at Invoice Cloud
   *
   * @remarks At once (`applied`) where the credentials sent are Invoice Cloud's too. Otherwise (`waiting`) a mail goes to
   * the address that Invoice Cloud has, and the change is made when the user approves it within 24 hours. Sessions that
   * were opened under the old address should be opened anew.
   */
  @Post('credential-changes')
  @HttpCode(200)
  @RequiresScope('sso:write')
  @ApiOkResponse({ type: CredentialChangeView })
  @ApiProblems(
    [
      ...OF_CALLERS,
      InvalidRequest,
      EmailAddressTaken,
      AccountNotFound,
      UserNotRegistered,
      UserLocked,
      TooManyAttempts,
      TooManyMails,
      MailNotSent,
      PublicUrlMissing,
      ...OF_INVOICE_CLOUD,
    ],
    { takesBody: true },
  )
  changeCredentials(@CurrentBiller() biller: Biller, @Body() wanted: ChangeCredentials): Promise<CredentialChangeView> {
    return this.credentialChanges.change(biller, wanted);
  }

  /** Reads how a change that needed approval stands */
  @Get('credential-changes/:changeId')
  @RequiresScope('sso:read')
  @ApiOkResponse({ type: CredentialChangeView })
  @ApiProblems([...OF_CALLERS, CredentialChangeNotFound])
  getCredentialChange(
    @CurrentBiller() biller: Biller,
    @Param('changeId') changeId: string,
  ): Promise<CredentialChangeView> {
    return this.credentialChanges.get(biller, changeId);
  }
}
