import { XMLParser } from 'fast-xml-parser';
import { centsOf } from '../common/money.js';
import { read, textOf } from './answers.js';
import type { InquiryCredentials } from './credentials.js';
import {
  InvoiceCloudAnswerUnreadable,
  type InvoiceCloudError,
  InvoiceCloudKeyRefused,
  InvoiceCloudRejected,
} from './errors.js';
import type { Answer } from './failure.js';
import { operations } from './operations.js';

// SOAP 1.2, CloudInvoicing.asmx. Service, method and members are observed; the namespace, the words of a refusal and
// the use of faults are assumed. Answers are read without regard to prefix, namespace and case.

const ENVELOPE = 'http://www.w3.org/2003/05/soap-envelope';
const NAMESPACE = 'http://www.invoicecloud.com/webservices/';
const METHOD = 'ViewInvoiceByInvoiceNumber';
const { name: NAME } = operations.viewInvoiceByInvoiceNumber;

export const CONTENT_TYPE = `application/soap+xml; charset=utf-8; action="${NAMESPACE}${METHOD}"`;

/** What Invoice Cloud says of an invoice. */
export type InvoiceStatus =
  | { readonly found: false }
  | {
      readonly found: true;
      /** What is still to be paid. */
      readonly balanceDueCents: number;
      readonly totalAmountDueCents: number;
      readonly allowPartialPayments: boolean;
    };

/** @throws InvoiceCloudRejected when the number holds what XML can't carry */
export function invoiceRequest(
  { billerGuid, webServiceKey }: Pick<InquiryCredentials, 'billerGuid' | 'webServiceKey'>,
  invoiceNumber: string,
): string {
  const members = { BillerGUID: billerGuid, WebServiceKey: webServiceKey, InvoiceNumber: invoiceNumber };
  const inner = Object.entries(members).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  const call = `<${METHOD} xmlns="${NAMESPACE}">${inner.join('')}</${METHOD}>`;
  return `<soap12:Envelope xmlns:soap12="${ENVELOPE}"><soap12:Body>${call}</soap12:Body></soap12:Envelope>`;
}

/**
 * @throws InvoiceCloudKeyRefused, InvoiceCloudRejected, InvoiceCloudAnswerUnreadable; without Invoice Cloud's words, which
 * may repeat what was sent, and the Web Service Key is sent in the body
 */
export function readInvoiceStatus({ status, data }: Answer): InvoiceStatus {
  if (status === 401 || status === 403) throw keyRefused();
  if (status >= 300 && status < 400) throw unreadable(`${status}, which leads elsewhere and is not followed`);
  const body = bodyOf(data);
  const fault = read(body, 'Fault');
  if (fault !== undefined) throw refusal(wordsOf(fault));
  if (status >= 400) throw rejected(`with ${status}`);
  if (body === undefined) throw unreadable(`${status} and something that is not SOAP`);
  const result = read(read(body, `${METHOD}Response`), `${METHOD}Result`);
  const success = booleanOf(read(result, 'Success'));
  if (success === undefined) throw unreadable('no Success that is true or false');
  if (!success) return notFoundOr(textOf(read(result, 'Message')) ?? '');
  const balanceDueCents = amountOf(read(result, 'BalanceDue'));
  const totalAmountDueCents = amountOf(read(result, 'TotalAmountDue'));
  const allowPartialPayments = booleanOf(read(result, 'AllowPartialPayments'));
  if (balanceDueCents === undefined || totalAmountDueCents === undefined || allowPartialPayments === undefined) {
    throw unreadable('no usable BalanceDue, TotalAmountDue or AllowPartialPayments');
  }
  return { found: true, balanceDueCents, totalAmountDueCents, allowPartialPayments };
}

/** A fault comes with a 5xx also where the request is at fault; then Invoice Cloud is not ill, and a retry is no use. */
export function blamesTheRequest(data: string): boolean {
  const fault = read(bodyOf(data), 'Fault');
  // SOAP 1.2 says Sender, 1.1 Client; a prefix stands before it.
  const code = textOf(read(read(fault, 'Code'), 'Value')) ?? textOf(read(fault, 'faultcode')) ?? '';
  return /(^|:)(sender|client)$/i.test(code.trim());
}

/**
 * No DTD, no entities of its own making, no numbers out of text, a bounded depth.
 * @returns the content of the SOAP body; undefined when there is none
 */
function bodyOf(data: string): unknown {
  // Nothing that a DTD could say is of use to us, and much of it would be an attack.
  if (/<!(doctype|entity)/i.test(data)) return undefined;
  try {
    return read(read(parser.parse(data, true), 'Envelope'), 'Body');
  } catch {
    return undefined;
  }
}

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: false,
  trimValues: true,
  maxNestedTags: 50,
});

function notFoundOr(message: string): InvoiceStatus {
  if (/not\s+found/i.test(message)) return { found: false };
  throw refusal(message);
}

const refusal = (words: string): InvoiceCloudError =>
  /web\s*service\s*key|biller\s*guid|unauthori[sz]ed|credential/i.test(words) ? keyRefused() : rejected('');

/** Every text of a fault, wherever it stands: 1.1 and 1.2 differ. */
function wordsOf(fault: unknown): string {
  if (typeof fault === 'string') return fault;
  if (typeof fault !== 'object' || fault === null) return '';
  return Object.values(fault).map(wordsOf).join(' ');
}

/** .NET writes as many decimals as the database has: 3.0000. */
const amountOf = (value: unknown): number | undefined =>
  typeof value === 'string' ? centsOf(value.replace(/^(\d+\.\d\d)0+$/, '$1')) : undefined;

function booleanOf(value: unknown): boolean | undefined {
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  // XML 1.0 has no way at all to write these.
  if (!text.isWellFormed() || /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) {
    throw new InvoiceCloudRejected(`${NAME} was not sent: the invoice number holds characters that XML can't carry.`);
  }
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

const keyRefused = (): InvoiceCloudKeyRefused =>
  new InvoiceCloudKeyRefused(
    `Invoice Cloud answered ${NAME} with a refusal of this biller's BillerGUID or Web Service Key. An administrator sets the key with PUT /admin/v1/billers/{billerId}/web-service-key.`,
  );

const rejected = (how: string): InvoiceCloudRejected =>
  new InvoiceCloudRejected(
    `Invoice Cloud refused ${NAME}${how && ` ${how}`}. Check whether this biller has the service.`,
  );

const unreadable = (what: string): InvoiceCloudAnswerUnreadable =>
  new InvoiceCloudAnswerUnreadable(`Invoice Cloud answered ${NAME} with ${what}.`);
