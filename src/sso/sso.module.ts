import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillersModule } from '../billers/billers.module.js';
import { CloudPayModule } from '../cloud-pay/cloud-pay.module.js';
import { InvoiceCloudModule } from '../invoice-cloud/invoice-cloud.module.js';
import { MailModule } from '../mail/mail.module.js';
import { PartnersModule } from '../partners/partners.module.js';
import { Accounts } from './accounts.js';
import { ApprovalParties } from './approval-parties.js';
import { Approvals } from './approvals.js';
import { ApprovalsController } from './approvals.controller.js';
import { CredentialChange } from './credential-change.entity.js';
import { CredentialChangesService } from './credential-changes.js';
import { CredentialUpdates } from './credential-updates.js';
import { HandOffs } from './hand-offs.js';
import { SsoJanitor } from './janitor.js';
import { LaunchController } from './launch.controller.js';
import { LaunchTicket } from './launch-ticket.entity.js';
import { LinkedAccountsService } from './linked-accounts.js';
import { LoginAttempt } from './login-attempt.entity.js';
import { LoginAttempts } from './login-attempts.js';
import { OneTimePaymentsService } from './one-time-payments.js';
import { PagesService } from './pages.js';
import { RegistrationService } from './registration.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.js';
import { SsoController } from './sso.controller.js';
import { SsoSession } from './sso-session.entity.js';
import { StoredCredentials } from './stored-credentials.js';

/** Cloud SSO Connect, for My360: the ten stories of the technical design. */
@Module({
  imports: [
    TypeOrmModule.forFeature([SsoSession, LaunchTicket, LoginAttempt, CredentialChange]),
    BillersModule,
    CloudPayModule,
    InvoiceCloudModule,
    MailModule,
    PartnersModule,
  ],
  controllers: [SessionsController, SsoController, LaunchController, ApprovalsController],
  providers: [
    SignInService,
    RegistrationService,
    OneTimePaymentsService,
    PagesService,
    HandOffs,
    LinkedAccountsService,
    CredentialChangesService,
    CredentialUpdates,
    StoredCredentials,
    Approvals,
    ApprovalParties,
    Accounts,
    SessionsService,
    LoginAttempts,
    SsoJanitor,
  ],
})
export class SsoModule {}
