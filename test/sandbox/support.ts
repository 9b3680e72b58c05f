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
  readonly at: string;
  readonly postbacks: readonly Told[];
}

/** A PostBack as the ledger shows it. */
export interface Told {
  readonly at: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly fault?: string;
}

/** What a payment without a browser comes to. */
export interface Paid {
  readonly paymentGuid: string | null;
  readonly attempts: readonly Attempt[];
  readonly message: string | null;
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
  const broken: string[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    text(request).then(
      (body) => {
        received.push({ url, headers, body, fields: Object.fromEntries(new URLSearchParams(body)) });
        response.writeHead(answers.shift() ?? 204, { connection: 'close' }).end();
      },
      (error: NodeJS.ErrnoException) => broken.push(error.code ?? error.name),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/postback/a-capability`,
    received,
    /** Requests that broke off before their end, by the error's code. */
    broken,
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
  const control = (path: string, method = 'GET', body?: unknown) =>
    fetch(`${sandbox.url}/_sandbox/${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const steer = (path: string, method?: string, body?: unknown) => control(`billers${path}`, method, body);
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
    /** The control API beside what belongs to one biller. */
    control,
    /** Changes settings of the biller. */
    set: async (settings: Record<string, unknown>) =>
      expect((await steer(`/${billerGuid}`, 'PATCH', settings)).status).toBe(200),
    fault: async (fault: Record<string, unknown>) =>
      expect((await steer(`/${billerGuid}/faults`, 'POST', { operation: 'postback', ...fault })).status).toBe(201),
    /** Pays without a browser; the page is one's address. */
    payAt: (page: string, how: Record<string, unknown> = {}) => control('pay', 'POST', { paymentUrl: page, ...how }),
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
