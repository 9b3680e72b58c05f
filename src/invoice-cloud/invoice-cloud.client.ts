import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { refuseUrl } from '../common/outbound-url.js';
import { parse, read, refuseStatus } from './answers.js';
import type { BillerAtInvoiceCloud, BillerCredentials, InquiryCredentials } from './credentials.js';
import { InvoiceCloudAnswerUnreadable } from './errors.js';
import { Exchange, type WireRequest } from './exchange.js';
import type { Answer } from './failure.js';
import { Lanes, type Service } from './lanes.js';
import {
  readAccounts,
  readCustomerGuid,
  readLinked,
  readToken,
  readUnregistered,
  readUsers,
  type Account,
  type AuthenticationToken,
  type LinkResult,
  type RegisteredUser,
} from './my360-answers.js';
import { operations, type Operation } from './operations.js';
import { OutgoingCalls } from './outgoing-calls.js';
import { blamesTheRequest, CONTENT_TYPE, invoiceRequest, type InvoiceStatus, readInvoiceStatus } from './soap.js';

export type { BillerCredentials, InquiryCredentials } from './credentials.js';
export type { InvoiceStatus } from './soap.js';

/** A payer who signs in. Passes through: never stored, never logged. */
export interface Login {
  readonly EmailAddress: string;
  readonly Password: string;
}

export type Proof = { readonly Password: string } | { readonly Approved: true };

type Json = Readonly<Record<string, unknown>>;

/** The one door to Invoice Cloud: credentials, deadline, status mapping and parsing happen in one place. */
@Injectable()
export class InvoiceCloudClient {
  constructor(
    private readonly exchange: Exchange,
    private readonly calls: OutgoingCalls,
    private readonly lanes: Lanes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Asks for a hosted page (Cloud Payments V2).
   * @param request in the design's field names, amounts in dollars
   * @returns the address to which the payer's browser goes: a bearer link, not to be logged
   */
  async openCloudPayment(as: BillerCredentials, request: Json): Promise<string> {
    const answer = await this.send(as, operations.openCloudPayment, request);
    const url = read(read(answer, 'Data'), 'CloudPaymentURL');
    if (typeof url !== 'string' || refuseHostedPage(url, as, this.config)) {
      throw new InvoiceCloudAnswerUnreadable(
        `Invoice Cloud answered ${operations.openCloudPayment.name} without a usable CloudPaymentURL.`,
      );
    }
    return url;
  }

  /** Whether Invoice Cloud takes the key. @throws InvoiceCloudKeyRefused when it does not */
  async billerStatus(as: BillerCredentials): Promise<void> {
    await this.send(as, operations.billerStatus);
  }

  /** Users by e-mail or by account: the customers that Invoice Cloud has, registered or not. */
  async retrieveUsers(
    as: BillerCredentials,
    by: { EmailAddress: string } | { AccountNumber: string },
  ): Promise<RegisteredUser[]> {
    return readUsers(await this.send(as, operations.retrieveUsers, by));
  }

  /** @throws InvoiceCloudRejected with reason InvalidCredentials, NotRegistered or UserLocked */
  async remoteAuthentication(as: BillerCredentials, user: Login): Promise<AuthenticationToken> {
    return readToken(await this.send(as, operations.remoteAuthentication, { ...user }));
  }

  async retrieveCustomerGuid(
    as: BillerCredentials,
    customer: { AccountNumber: string; EmailAddress: string; Username: string },
  ): Promise<string> {
    return readCustomerGuid(await this.send(as, operations.retrieveCustomerGuid, customer));
  }

  async retrieveUserAccounts(as: BillerCredentials, EmailAddress: string): Promise<Account[]> {
    return readAccounts(await this.send(as, operations.retrieveUserAccounts, { EmailAddress }));
  }

  /** LoginTypeID is always 1 (documented). Registering again with the same password changes nothing (assumed). */
  async registerAccounts(as: BillerCredentials, user: Login, accountNumbers: readonly string[]): Promise<void> {
    await this.send(as, operations.registerAccounts, { ...user, LoginTypeID: 1, Accounts: listed(accountNumbers) });
  }

  /** @returns the CustomerGUID; the record stays what it is when there is one (assumed) */
  async createCustomerRecord(as: BillerCredentials, customer: Json): Promise<string> {
    return readCustomerGuid(await this.send(as, operations.createCustomerRecord, customer));
  }

  /** All or nothing, but for accounts that do not exist. @throws InvoiceCloudRejected AccountRegisteredToAnotherUser */
  async linkAccounts(as: BillerCredentials, EmailAddress: string, accounts: readonly string[]): Promise<LinkResult> {
    return readLinked(await this.send(as, operations.linkAccounts, { EmailAddress, Accounts: listed(accounts) }));
  }

  /** There is no unlink (documented). @returns every account that went, linked ones included */
  async unregisterAccounts(
    as: BillerCredentials,
    EmailAddress: string,
    accounts: readonly string[],
  ): Promise<string[]> {
    const body = { EmailAddress, Accounts: listed(accounts) };
    return readUnregistered(await this.send(as, operations.unregisterAccounts, body));
  }

  /** @param proof the present password, or the user's approval given by mail (assumed) */
  async updatePassword(as: BillerCredentials, EmailAddress: string, NewPassword: string, proof: Proof): Promise<void> {
    await this.send(as, operations.updatePassword, { EmailAddress, NewPassword, ...proof });
  }

  /** @throws InvoiceCloudRejected with reason EmailAddressTaken */
  async updateEmailAddress(
    as: BillerCredentials,
    EmailAddress: string,
    NewEmailAddress: string,
    proof: Proof,
  ): Promise<void> {
    await this.send(as, operations.updateEmailAddress, { EmailAddress, NewEmailAddress, ...proof });
  }

  /** Where the payer's browser posts the Cloud SSO Connect hand-off. */
  ssoConnectUrl(biller: { readonly invoiceCloudUrl: string | null }): string {
    const path = this.config.invoiceCloud.paths[operations.ssoConnect.name] ?? operations.ssoConnect.path;
    return (biller.invoiceCloudUrl ?? this.config.invoiceCloud.pagesUrl) + path;
  }

  /** The biller's public "Pay Now" page (observed). */
  virtualSiteUrl(biller: { readonly invoiceCloudUrl: string | null; readonly billerGuid: string }): string {
    const path = this.config.invoiceCloud.paths[operations.virtualSite.name] ?? operations.virtualSite.path;
    return `${biller.invoiceCloudUrl ?? this.config.invoiceCloud.pagesUrl}${path}?G=${biller.billerGuid}`;
  }

  /** What is due on an invoice (SOAP). Whether it knows invoices that Cloud Payments made is unknown. */
  async invoiceStatus(as: InquiryCredentials, invoiceNumber: string): Promise<InvoiceStatus> {
    const body = invoiceRequest(as, invoiceNumber);
    const headers = { accept: 'application/soap+xml', 'content-type': CONTENT_TYPE };
    const wire = { headers, body, isAnswer: blamesTheRequest };
    return readInvoiceStatus(await this.call(as, operations.viewInvoiceByInvoiceNumber, wire));
  }

  /** Whether Invoice Cloud takes the Web Service Key. @throws InvoiceCloudKeyRefused when it does not (assumed) */
  async webServiceKeyStatus(as: InquiryCredentials): Promise<void> {
    await this.invoiceStatus(as, NO_INVOICE);
  }

  /** Breakers that are not closed, of this process. */
  breakers(): { billerId: string; service: Service; state: 'half-open' | 'open' }[] {
    return this.lanes.breakers();
  }

  private async send(as: BillerCredentials, operation: Operation, body?: Json): Promise<unknown> {
    const credentials = operation.auth === 'key' ? as.apiKey : `${as.apiKey}:`;
    const headers = {
      authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await this.call(as, operation, { headers, body: body && JSON.stringify(body) });
    const parsed = parse(answer.data);
    refuseStatus(operation, answer.status, parsed);
    if (parsed === undefined) {
      throw new InvoiceCloudAnswerUnreadable(
        `Invoice Cloud answered ${operation.name} with ${answer.status} and something that is not JSON.`,
      );
    }
    return parsed;
  }

  /** Every call goes this way, and by this way alone. */
  private call(
    as: BillerAtInvoiceCloud,
    operation: Operation,
    wire: Omit<WireRequest, 'method' | 'url'>,
  ): Promise<Answer> {
    const path = this.config.invoiceCloud.paths[operation.name] ?? operation.path;
    const request = { ...wire, method: operation.method, url: (as.url ?? this.config.invoiceCloud.url) + path };
    return this.calls.make(as, operation, (deadline) => this.exchange.run(request, deadline));
  }
}

/** No biller numbers an invoice so. */
const NO_INVOICE = 'billbridge-checks-the-key';

const listed = (accountNumbers: readonly string[]) => accountNumbers.map((AccountNumber) => ({ AccountNumber }));

/** We send payers there, so it must be an address a browser opens, and in production an encrypted one. */
function refuseHostedPage(url: string, as: BillerCredentials, { invoiceCloud, urlPolicy }: Config): string | undefined {
  const origin = URL.parse(url)?.origin;
  const own = [as.url ?? invoiceCloud.url, invoiceCloud.pagesUrl].map((known) => new URL(known).origin);
  return origin !== undefined && own.includes(origin) ? undefined : refuseUrl(url, urlPolicy);
}
