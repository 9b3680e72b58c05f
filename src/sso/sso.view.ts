import { ApiProperty } from '@nestjs/swagger';
import { OpenedPaymentView } from '../cloud-pay/payment.view.js';
import type { Account } from '../invoice-cloud/my360-answers.js';
import { CHANGE_STATUSES, type CredentialChange } from './credential-change.entity.js';

export class AccountView {
  accountNumber: string;
  /** Null for an account that was linked just now. */
  @ApiProperty({ type: 'string', nullable: true }) name: string | null;
  /** Unregistering this one ends the registration, linked accounts included. */
  primary: boolean;
  /** Whole cents; null where Invoice Cloud did not say. */
  @ApiProperty({ type: 'integer', nullable: true }) balanceCents: number | null;
}

/** The accounts that My360 sent, beside those of Invoice Cloud. */
export class SyncView {
  /** Linked before. */
  linked: string[];
  /** Linked by this request. */
  linkedNow: string[];
  /** Sent by My360, unknown to Invoice Cloud. */
  unknownToInvoiceCloud: string[];
  /** Sent by My360, and registered to somebody else at Invoice Cloud. */
  registeredToAnotherUser: string[];
  /** At Invoice Cloud, not sent by My360. */
  unknownToMy360: string[];
}

export class SessionView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['signed-in', 'registered-and-signed-in'] }) outcome: 'signed-in' | 'registered-and-signed-in';
  /** Null when the user has no account. */
  @ApiProperty({ type: 'string', nullable: true }) customerGuid: string | null;
  @ApiProperty({ type: [AccountView] }) accounts: AccountView[];
  /** For those who build the hand-off themselves. Do not log it. The session's id alone will do for everything here. */
  remoteAuthenticationToken: string;
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
  /** Null when no account numbers were sent. */
  @ApiProperty({ type: SyncView, nullable: true }) sync: SyncView | null;
}

export class RegistrationView extends SessionView {
  /** `unknown`: record made and registered; `known-unregistered`: registered; `registered`: signed in. */
  @ApiProperty({ enum: ['unknown', 'known-unregistered', 'registered'] })
  branch: 'unknown' | 'known-unregistered' | 'registered';
}

/** The hand-off to Cloud SSO Connect: a form post by the payer's browser. */
export class HandOffView {
  @ApiProperty({ format: 'uri' }) action: string;
  /** The six documented fields; ReturnUrl and CustomReturnSiteName only where there is a ReturnUrl. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { RemoteAuthenticationToken: '…', ViewMode: '1', RedirectID: '3', CSSUrl: 'https://…' },
  })
  fields: Readonly<Record<string, string>>;
}

export class PageView {
  /** For the iframe: works once, for a minute. Do not log it. */
  @ApiProperty({ format: 'uri' }) launchUrl: string;
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
  handOff: HandOffView;
}

export class LinkedAccountsView {
  @ApiProperty({ type: [AccountView] }) accounts: AccountView[];
  /** Linked by this request; empty when all were linked before. */
  linkedNow: string[];
}

export class UnregisteredView {
  /** Every account that went: there is no unlink, and the primary account takes the linked ones with it. */
  unregistered: string[];
}

export class OneTimePaymentView extends OpenedPaymentView {
  /** The biller's public "Pay Now" page, where the payer can pay without being sent. */
  @ApiProperty({ format: 'uri' }) virtualSiteUrl: string;
}

export class CredentialChangeView {
  /** Null when the change was made at once. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true }) id: string | null;
  /** `applied` at once where the credentials were Invoice Cloud's too; otherwise `waiting` for the user's approval. */
  @ApiProperty({ enum: CHANGE_STATUSES }) status: string;
  @ApiProperty({ enum: ['email', 'password'], isArray: true }) changes: string[];
  /** Where the mail went, masked. @example 'd…@example.com' */
  @ApiProperty({ type: 'string', nullable: true }) sentTo: string | null;
  /** When the approval runs out. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) expiresAt: string | null;
  /** Why it failed, as in docs/errors.md. */
  @ApiProperty({ type: 'string', nullable: true }) failureCode: string | null;
}

export const accountView = (account: Account): AccountView => ({ ...account });

export const credentialChangeView = (change: CredentialChange): CredentialChangeView => ({
  id: change.id,
  // What ran out a moment ago is expired, whether or not the janitor has been there.
  status: change.status === 'waiting' && change.expiresAt <= new Date() ? 'expired' : change.status,
  changes: change.changes,
  sentTo: change.sentTo,
  expiresAt: change.expiresAt.toISOString(),
  failureCode: change.failureCode,
});
