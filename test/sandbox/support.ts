import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { startSandbox } from '../../sandbox/sandbox.js';

export const VISA = '4111 1111 1111 1112';
export const MASTERCARD = '5555-5555-5555-4445';
export const NO_FUNDS = '4000000000009996';
export const EXPIRED = '4000000000000068';
/** The classic documentation number: it passes the Luhn check, and no bank has issued it. */
export const COULD_BE_REAL = '4111111111111111';
export const ROUTING = '999999999';
export const GOOD_ACCOUNT = '000123456789';
export const CLOSED_ACCOUNT = '000111111116';

export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly fields: Record<string, string>;
}

/** An attempt as the ledger shows it. */
export interface Attempt {
  readonly paymentGuid: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly approved: boolean;
  readonly parameters: Record<string, string>;
  readonly postbacks: readonly unknown[];
}

export interface Asked {
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly status: number | null;
}

export interface Envelope {
  readonly Data: { readonly CloudPaymentURL: string };
  readonly Message: string | null;
}

interface Sample extends Record<string, unknown> {
  readonly Customers: (Record<string, unknown> & { readonly Invoices: Record<string, unknown>[] })[];
}

export async function json<T>(answer: Response | Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

/** A partner that takes PostBacks; answers with the next of `answers`, then 204. */
export async function startReceiver(...answers: number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url = '', headers } = request;
      received.push({ url, headers, body, fields: Object.fromEntries(new URLSearchParams(body)) });
      response.writeHead(answers.shift() ?? 204, { connection: 'close' }).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/postback/a-capability`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A sandbox with one biller of its own, and the calls that its users make. */
export async function startStory(settings: Record<string, unknown> = {}) {
  const sandbox = await startSandbox({ port: 0 });
  const billerGuid = randomUUID();
  const apiKey = `${randomUUID()}/+${randomUUID()}==`;
  const steer = (path: string, method = 'GET', body?: unknown) =>
    fetch(`${sandbox.url}/_sandbox/billers${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  await steer('', 'POST', { billerGuid, apiKey, name: 'Test biller', dba: 'Sampleton Police', ...settings });
  const ask = (body: unknown, credentials = apiKey) =>
    fetch(`${sandbox.url}/cloudpaymentsapi/v2`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    ...sandbox,
    billerGuid,
    apiKey,
    ask,
    /** Opens a page; the answer is its address. */
    open: async (body: unknown): Promise<string> => (await json<Envelope>(ask(body))).Data.CloudPaymentURL,
    steer: (path: string, method?: string, body?: unknown) => steer(`/${billerGuid}${path}`, method, body),
    putBiller: (body: unknown) => steer('', 'POST', body),
    requests: async () => (await json<{ requests: Asked[] }>(steer(`/${billerGuid}/requests`))).requests,
    /** Once every PostBack has its outcome. */
    ledger: async () => (await json<{ attempts: Attempt[] }>(steer(`/${billerGuid}/ledger?settled=true`))).attempts,
  };
}

export type Story = Awaited<ReturnType<typeof startStory>>;

/** The design's sample request. */
export function sampleRequest(postBackUrl: string, changes: Record<string, unknown> = {}): Sample {
  return {
    CreateCustomerRecord: true,
    Customers: [
      {
        AccountNumber: '209860',
        Name: 'Jane Payer',
        Address: '1 Sample Street',
        City: 'Sampleton',
        State: 'Arizona',
        Zip: '85000',
        EmailAddress: 'payer@example.com',
        Invoices: [
          {
            InvoiceNumber: '2025000158',
            TypeID: 39,
            DueDate: '4/17/2025',
            InvoiceDate: '4/17/2025',
            BalanceDue: 3.0,
            CCServiceFee: 0.0,
            AchServiceFee: 0.0,
          },
        ],
      },
    ],
    AllowEMV: true,
    AllowSwipe: true,
    AllowCCPayment: true,
    AllowACHPayment: true,
    PageLoadOverride: 4,
    PostBackURL: postBackUrl,
    BillerReference: '209860|12570',
    ViewMode: 1,
    CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
    PageResultOptions: {
      AllowRegisterAccount: true,
      InvoiceOptions: { AllowViewStatement: true, AllowRemove: true, AllowViewRelated: true, AllowRemindMe: true },
    },
    ...changes,
  };
}

/** The sample with one invoice field changed. */
export function withInvoice(changes: Record<string, unknown>): Sample {
  const request = sampleRequest('http://127.0.0.1:9/');
  Object.assign(request.Customers[0].Invoices[0], changes);
  return request;
}

export function payByCard(page: string, cardNumber: string): Promise<Response> {
  return submit(page, { method: 'card', cardNumber, expiry: '12/30', securityCode: '123' });
}

export function payByBank(page: string, accountNumber: string, routingNumber = ROUTING): Promise<Response> {
  return submit(page, { method: 'bank', routingNumber, accountNumber });
}

export function submit(page: string, fields: Record<string, string>): Promise<Response> {
  return fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}
