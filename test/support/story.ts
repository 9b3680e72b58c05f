import { randomUUID } from 'node:crypto';
import { admin, api, type Answer, type Json } from './api.js';
import { db } from './db.js';
import { sampleRequest } from './sample.js';
import { stage } from './stage-facts.js';

export interface Partner {
  readonly id: string;
  readonly webhookSecret: string;
}

export interface StoryOptions {
  /** An existing partner; a new one otherwise. */
  readonly partner?: Partner;
  readonly mode?: 'test' | 'live';
  readonly cloudPayPolicy?: object;
  /** Setting 36. */
  readonly returnUrl?: string;
  /** What Invoice Cloud adds, in dollars. */
  readonly serviceFee?: string;
  /** Another Invoice Cloud than the sandbox. */
  readonly invoiceCloudUrl?: string;
  /** The API key at Invoice Cloud; null: none is set. */
  readonly invoiceCloudKey?: string | null;
  /** The platform; the run's own otherwise. */
  readonly url?: string;
  readonly databaseUrl?: string;
}

/** What the sandbox recorded of one call. */
export interface Wire {
  readonly operation: string;
  readonly text: string;
  readonly body: Json;
  readonly headers: Record<string, string>;
  readonly status: number | null;
  readonly fault: string | null;
}

/** A payment that was opened, with the address that Invoice Cloud was given for its PostBack. */
export interface Opened {
  readonly id: string;
  readonly cloudPaymentUrl: string;
  readonly postBackUrl: string;
  readonly view: Json;
}

export async function newPartner(url?: string): Promise<Partner> {
  return admin('POST', '/partners', { name: `Partner ${randomUUID()}` }, url) as Promise<Partner>;
}

export async function newKey(partner: Partner, wanted: object = {}, url?: string): Promise<string> {
  const { key } = await admin('POST', `/partners/${partner.id}/keys`, { name: 'test', mode: 'test', ...wanted }, url);
  return key;
}

/** A partner with one biller, known to the platform and to the sandbox, and what a test does with them. */
export async function newStory(options: StoryOptions = {}): Promise<Story> {
  const { url, mode = 'test', cloudPayPolicy, returnUrl, serviceFee, invoiceCloudUrl } = options;
  const partner = options.partner ?? (await newPartner(url));
  const billerGuid = randomUUID();
  const { invoiceCloudKey = `${randomUUID()}/+${randomUUID()}==` } = options;
  const known = await fetch(`${stage.sandboxUrl}/_sandbox/billers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      billerGuid,
      apiKey: invoiceCloudKey ?? randomUUID(),
      name: 'Test biller',
      ...(serviceFee && { serviceFee }),
    }),
  });
  if (known.status !== 201) throw new Error(`the sandbox answered ${known.status}`);
  const biller = await admin(
    'POST',
    '/billers',
    { partnerId: partner.id, name: 'Test biller', dba: 'Police', billerGuid, mode, cloudPayPolicy, invoiceCloudUrl },
    url,
  );
  if (invoiceCloudKey)
    await admin('PUT', `/billers/${biller.id}/api-key`, { apiKey: invoiceCloudKey, force: true }, url);
  if (returnUrl) await admin('PUT', `/billers/${biller.id}/settings/36`, { value: returnUrl }, url);
  const key = await newKey(partner, { mode, billerId: biller.id }, url);
  return new Story(partner, biller.id as string, billerGuid, key, invoiceCloudKey ?? '', url, options.databaseUrl);
}

export class Story {
  readonly path: string;

  constructor(
    readonly partner: Partner,
    readonly billerId: string,
    readonly billerGuid: string,
    readonly key: string,
    readonly invoiceCloudKey: string,
    private url?: string,
    private readonly databaseUrl?: string,
  ) {
    this.path = `/v1/billers/${billerId}/cloud-pay/payments`;
  }

  /** After a restart elsewhere. */
  moveTo(url: string): void {
    this.url = url;
  }

  /** Asks for a hosted page on /v1. */
  ask(body: unknown = sampleRequest(), headers: Record<string, string> = {}): Promise<Answer> {
    return api({ method: 'POST', path: this.path, key: this.key, body, headers, url: this.url });
  }

  /** The same for an invoice of its own. */
  askAnother(): Promise<Answer> {
    return this.ask(sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() }));
  }

  /** Asks as a client of Cloud Payments V2 does. */
  askDropIn(body: unknown = sampleRequest(), headers: Record<string, string> = {}): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(this.key).toString('base64')}`;
    return api({
      method: 'POST',
      path: '/cloudpaymentsapi/v2',
      body,
      headers: { authorization, ...headers },
      url: this.url,
    });
  }

  /** Opens a payment of which the test needs no more than that it is open. */
  async open(changes: object = {}, customer: object = {}, invoice: object = {}): Promise<Opened> {
    const answer = await this.ask(sampleRequest(changes, customer, invoice));
    if (answer.status !== 201) throw new Error(`expected 201, got ${answer.status}: ${answer.text}`);
    // The last of its kind: the platform may ask other things by itself.
    const asked = (await this.requests()).findLast(({ operation }) => operation === 'cloud-payments');
    const postBackUrl = asked?.body.PostBackURL as string;
    return { id: answer.body.id, cloudPaymentUrl: answer.body.cloudPaymentUrl, postBackUrl, view: answer.body };
  }

  /** Opens a payment for an invoice of its own: the same invoice has one page at a time. */
  async openAnother(changes: object = {}, invoice: object = {}): Promise<Opened & { readonly InvoiceNumber: string }> {
    const InvoiceNumber = newInvoiceNumber();
    return { ...(await this.open(changes, {}, { InvoiceNumber, ...invoice })), InvoiceNumber };
  }

  get(path: string): Promise<Answer> {
    return api({ path: this.path + path, key: this.key, url: this.url });
  }

  async payment(id: string): Promise<Json> {
    return (await this.get(`/${id}`)).body;
  }

  async events(id: string): Promise<Json[]> {
    return (await this.get(`/${id}/events`)).body.data;
  }

  async eventTypes(id: string): Promise<string[]> {
    return (await this.events(id)).map(({ type }) => type);
  }

  /** The eighteen parameters of a PostBack that agrees with the sample. */
  message(changes: Record<string, string> = {}): Record<string, string> {
    return {
      BillerGUID: this.billerGuid,
      PaymentDate: '4/17/2025 1:02:03 PM',
      InvoiceNumber: '2025000158',
      Approved: 'True',
      CustomerName: 'Jane Payer',
      CustomerAddress: '6750 W Peoria Ave',
      CustomerCity: 'Peoria',
      CustomerState: 'Arizona',
      CustomerZip: '85345',
      PaymentGUID: randomUUID(),
      PaymentAmount: '3.00',
      PaymentDescription: 'Payment of invoice 2025000158',
      PaymentTypeID: '1',
      CardType: 'VISA',
      PaymentMessage: 'Approved',
      BillerReference: '209860|12570',
      ConvenienceFee: '0.00',
      RemoteIP: '127.0.0.1',
      ...changes,
    };
  }

  // The sandbox's side.

  async requests(): Promise<Wire[]> {
    return (await this.steer('/requests')).requests;
  }

  async lastAsked(): Promise<Wire & { postBackUrl: string }> {
    const last = (await this.requests()).at(-1);
    if (!last) throw new Error('Invoice Cloud was not asked');
    return { ...last, postBackUrl: last.body.PostBackURL };
  }

  fault(fault: object): Promise<Json> {
    return this.steer('/faults', 'POST', fault);
  }

  /** Every attempt on the hosted pages, once their PostBacks have their outcomes. */
  async ledger(): Promise<Json[]> {
    return (await this.steer('/ledger?settled=true')).attempts;
  }

  async steer(path: string, method = 'GET', body?: object): Promise<Json> {
    const response = await fetch(`${stage.sandboxUrl}/_sandbox/billers/${this.billerGuid}${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`the sandbox answered ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  // The rows.

  get db() {
    return db(this.databaseUrl);
  }

  paymentsStored(): Promise<number> {
    return this.db.count('from payments where biller_id = $1', [this.billerId]);
  }

  async postbackRows(
    paymentId: string,
  ): Promise<{ verdict: string; reasons: string[]; payment_guid: string | null }[]> {
    return this.db.rows('select verdict, reasons, payment_guid from postbacks where payment_id = $1 order by id', [
      paymentId,
    ]);
  }

  deliveriesStored(paymentId: string): Promise<number> {
    return this.db.count('from deliveries where subject_id = $1', [paymentId]);
  }
}

/** Without digits: a run of them may happen to look like a card number, which is refused. */
export const newInvoiceNumber = (): string =>
  `i-${randomUUID().replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;

/** Sends a PostBack form-encoded, as Invoice Cloud does. @returns the status answered */
export async function postBack(
  url: string,
  fields: Record<string, string> | [string, string][] | string,
  { query, contentType = 'application/x-www-form-urlencoded' }: { query?: string; contentType?: string } = {},
): Promise<number> {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
  const response = await fetch(query === undefined ? url : `${url}?${query}`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

const CARDS = { approved: '4111 1111 1111 1112', declined: '4000000000009996' };

/** Types a test card into the hosted page. */
export async function payByCard(page: string, card: keyof typeof CARDS): Promise<number> {
  const fields = { method: 'card', cardNumber: CARDS[card], expiry: '12/39', securityCode: '123' };
  const response = await fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await response.arrayBuffer();
  return response.status;
}
