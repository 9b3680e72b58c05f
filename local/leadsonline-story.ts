import { randomInt, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { LocalFacts } from './facts.js';
import { readForms, type Form } from './html-forms.js';
import { eventually, expect, shorten, type Step } from './story.js';

/** The LeadsOnline payment of technical-design.txt, from the CPv2 request to the partner's receipt. */
export class LeadsOnlineContext {
  readonly idempotencyKey = randomUUID();
  readonly accountNumber = String(randomInt(100_000, 1_000_000));
  readonly invoiceNumber = `${new Date().getFullYear()}${String(randomInt(0, 10_000_000)).padStart(7, '0')}`;
  readonly received: Received[] = [];
  receiver: Server | undefined;
  receiverUrl = '';
  opened: Opened | undefined;
  form: Form | undefined;
  payment: Payment | undefined;

  constructor(readonly facts: LocalFacts) {}

  get payments(): string {
    return `${this.facts.apiUrl}/v1/billers/${this.facts.leadsonline.billerId}/cloud-pay/payments`;
  }

  close(): void {
    this.receiver?.close();
    this.receiver?.closeAllConnections();
  }
}

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}
interface Opened {
  readonly id: string;
  readonly status: string;
  readonly cloudPaymentUrl: string;
}
interface Payment {
  readonly id: string;
  readonly status: string;
  readonly relay: readonly { readonly status: string; readonly attempts: number }[];
  readonly [field: string]: unknown;
}
interface PaymentEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

const APPROVED_TEST_CARD = { cardNumber: '4111 1111 1111 1112', expiry: '12/39', securityCode: '123' };

export const leadsOnlineSteps: readonly Step<LeadsOnlineContext>[] = [
  {
    title: 'LeadsOnline listens for the result of the payment',
    async run(context) {
      context.receiver = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        request.on('end', () => {
          const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
          context.received.push({ headers: Object.fromEntries(headers) as Record<string, string>, body });
          response.writeHead(204).end();
        });
      });
      await new Promise<void>((done) => context.receiver?.listen(0, '127.0.0.1', done));
      const { port } = context.receiver.address() as AddressInfo;
      context.receiverUrl = `http://127.0.0.1:${port}/ETicketsAjax/LogInvoiceCloudPayment`;
      return [context.receiverUrl];
    },
  },
  {
    title: 'LeadsOnline asks for a hosted page (the design’s CPv2 request)',
    async run(context) {
      const { status, body } = await open(context);
      expect(status === 201, `expected 201, got ${status}: ${JSON.stringify(body)}`);
      expect(body.status === 'open', `expected an open payment, got ${body.status}`);
      context.opened = body;
      return [`payment ${body.id}`, `hosted page ${shorten(body.cloudPaymentUrl)}`];
    },
  },
  {
    title: 'LeadsOnline repeats the request: same key, same answer',
    async run(context) {
      const { status, body } = await open(context);
      expect(status === 201, `expected 201, got ${status}: ${JSON.stringify(body)}`);
      const same = body.id === context.opened?.id && body.cloudPaymentUrl === context.opened.cloudPaymentUrl;
      expect(same, 'the repeated request opened a second payment');
    },
  },
  {
    title: 'The payer opens the hosted page',
    async run(context) {
      expect(context.opened, 'no page was opened');
      const response = await fetch(context.opened.cloudPaymentUrl);
      const page = await response.text();
      expect(response.status === 200, `the page answered ${response.status}`);
      expect(page.includes(context.invoiceNumber), 'the invoice is not in the cart');
      context.form = readForms(page, response.url).find(({ fields }) => 'cardNumber' in fields);
      expect(context.form, 'the page has no form to pay by card');
      return [`cart: invoice ${context.invoiceNumber} of account ${context.accountNumber}, $3.00`];
    },
  },
  {
    title: 'The payer pays on the hosted page and sees the receipt',
    async run(context) {
      expect(context.form, 'there is no form');
      const response = await fetch(context.form.action, {
        method: 'POST',
        body: new URLSearchParams({ ...context.form.fields, ...APPROVED_TEST_CARD }),
      });
      const page = await response.text();
      expect(response.status === 200, `the payment answered ${response.status}`);
      const receipt = page.includes('Confirmation number') && page.includes(context.invoiceNumber);
      expect(receipt, 'what came is not the receipt of this invoice');
      return ['receipt: Approved, $3.00'];
    },
  },
  {
    title: 'Invoice Cloud’s PostBack arrives and the payment is recorded',
    async run(context) {
      const url = `${context.payments}/${context.opened?.id}`;
      context.payment = await eventually('the payment is paid', async () => {
        const payment = (await get(context, url)) as Payment;
        expect(['open', 'paid'].includes(payment.status), `the payment became ${payment.status}`);
        return payment.status === 'paid' ? payment : undefined;
      });
    },
  },
  {
    title: 'LeadsOnline is told, and verifies the signature',
    async run(context) {
      const { body, headers } = await eventually('LeadsOnline is told', () => context.received[0]);
      new Webhook(context.facts.leadsonline.webhookSecret).verify(body, headers, { jsonParse: false });
      const fields = new URLSearchParams(body);
      expect(fields.get('InvoiceNumber') === context.invoiceNumber, 'it tells of another invoice');
      expect(fields.get('Approved') === 'True', `Approved is ${fields.get('Approved')}`);
      expect(Number(fields.get('PaymentAmount')) === 3, `PaymentAmount is ${fields.get('PaymentAmount')}`);
      return [`signed message ${headers['webhook-id']}`];
    },
  },
  {
    title: 'The platform has noted that LeadsOnline took the message',
    async run(context) {
      context.payment = await eventually('the delivery is noted', async () => {
        const payment = (await get(context, `${context.payments}/${context.opened?.id}`)) as Payment;
        return payment.relay[0]?.status === 'delivered' ? payment : undefined;
      });
      expect(context.payment.relay[0]?.attempts === 1, 'it was sent more than once');
    },
  },
  {
    title: 'The payment’s events tell the whole way',
    async run(context) {
      const { data } = (await get(context, `${context.payments}/${context.opened?.id}/events`)) as {
        readonly data: readonly PaymentEvent[];
      };
      expect(data.length > 0, 'there are no events');
      return [data.map(({ type }) => type).join(' → ')];
    },
  },
  {
    title: 'The drop-in way: an existing CPv2 client, only base URL and key changed',
    async run(context) {
      const { apiKey } = context.facts.leadsonline;
      const response = await fetch(`${context.facts.apiUrl}/cloudpaymentsapi/v2`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(apiKey).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(sampleRequest(context, `${context.invoiceNumber}-2`)),
      });
      const text = await response.text();
      expect(response.status === 200, `expected 200, got ${response.status}: ${text.slice(0, 400)}`);
      const { Data } = JSON.parse(text) as { readonly Data: { readonly CloudPaymentURL: string } };
      return [`{"Data":{"CloudPaymentURL":"${shorten(Data.CloudPaymentURL)}"}}`];
    },
  },
];

/** What the demo ends with: the payment as the platform recorded it, and what the partner holds in its hands. */
export function leadsOnlineResult({ payment, received }: LeadsOnlineContext): string {
  const { relay = [], ...recorded }: Partial<Payment> = payment ?? {};
  const facts = Object.entries(recorded).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return [
    'The recorded payment',
    ...rows(facts.map(([name, text]) => [name, text.replace(/^"|"$/g, '')])),
    ...rows(relay.map(({ status, attempts }) => ['told the partner', `${status}, attempts: ${attempts}`])),
    '',
    'What LeadsOnline was told',
    ...rows([...new URLSearchParams(received[0]?.body ?? '')]),
  ].join('\n');
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.filter(([, value]) => value !== '').map(([name, value]) => `  ${name.padEnd(20)} ${value}`);
}

async function open(context: LeadsOnlineContext): Promise<{ readonly status: number; readonly body: Opened }> {
  const response = await fetch(context.payments, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${context.facts.leadsonline.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': context.idempotencyKey,
    },
    body: JSON.stringify(sampleRequest(context, context.invoiceNumber)),
  });
  return { status: response.status, body: (await response.json()) as Opened };
}

async function get(context: LeadsOnlineContext, url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${context.facts.leadsonline.apiKey}` } });
  const text = await response.text();
  expect(response.status === 200, `expected 200, got ${response.status}: ${text.slice(0, 400)}`);
  return JSON.parse(text) as unknown;
}

/** The sample of technical-design.txt in its own shape; the person is made up. */
function sampleRequest({ accountNumber, receiverUrl }: LeadsOnlineContext, invoiceNumber: string): object {
  return {
    CreateCustomerRecord: true,
    Customers: [
      {
        AccountNumber: accountNumber,
        Name: 'Jane Payer',
        Address: '6750 W Peoria Ave',
        City: 'Peoria',
        State: 'Arizona',
        Zip: '85345',
        EmailAddress: 'payer@example.com',
        Invoices: [
          {
            InvoiceNumber: invoiceNumber,
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
    PostBackURL: receiverUrl,
    BillerReference: `${accountNumber}|12570`,
    ViewMode: 1,
    CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
    PageResultOptions: {
      AllowRegisterAccount: true,
      InvoiceOptions: {
        AllowViewStatement: true,
        AllowRemove: true,
        AllowViewRelated: true,
        AllowRemindMe: true,
      },
    },
  };
}
