import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expect } from '../../local/story.js';
import { seen, type BrowserStage } from './stage.js';

/** A partner's engineer alone with the sandbox: a biller, a PostBackURL, and no platform in between. */
export class SandboxVisit {
  readonly billerGuid = randomUUID();
  private readonly apiKey = `browser-${randomUUID()}`;
  /** The PostBacks that came, as their fields. */
  readonly told: URLSearchParams[] = [];
  private server: Server | undefined;

  constructor(readonly stage: BrowserStage) {}

  get page(): Page {
    return this.stage.page;
  }

  get url(): string {
    return this.stage.facts.sandboxUrl;
  }

  async begin(): Promise<void> {
    const settings = { billerGuid: this.billerGuid, apiKey: this.apiKey, name: 'Browser', dba: 'Sampleton Harbor' };
    await this.post('/_sandbox/billers', { ...settings, serviceFee: '1.50', personas: true });
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.told.push(new URLSearchParams(body));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.server = server.unref();
  }

  end(): void {
    this.server?.close();
  }

  /** Opens the hosted page of a request. */
  async hosted(request: object, invoices: readonly object[] = [{ BalanceDue: 12.5 }]): Promise<void> {
    await this.page.goto(await this.paymentUrl(request, invoices));
  }

  async paymentUrl(request: object, invoices: readonly object[] = [{ BalanceDue: 12.5 }]): Promise<string> {
    const answer = await this.ask(request, invoices);
    const text = await answer.text();
    expect(answer.ok, `the sandbox answered ${answer.status} ${text}`);
    return (JSON.parse(text) as { Data: { CloudPaymentURL: string } }).Data.CloudPaymentURL;
  }

  /** One customer with new invoices. */
  ask(request: object, invoices: readonly object[] = [{ BalanceDue: 12.5 }]): Promise<Response> {
    const AccountNumber = `B${randomUUID().slice(0, 8)}`;
    const Invoices = invoices.map((one, nth) => ({ InvoiceNumber: `${AccountNumber}-${nth + 1}`, ...one }));
    return fetch(`${this.url}/cloudpaymentsapi/v2`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(this.apiKey).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        CreateCustomerRecord: true,
        ViewMode: 0,
        PostBackURL: `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}/told`,
        Customers: [{ AccountNumber, Name: 'Jane Payer', EmailAddress: 'jane@example.com', Invoices }],
        ...request,
      }),
    });
  }

  /** One click in the fault menu, which is open. */
  async arm(heading: string, button: string): Promise<void> {
    await this.page.getByRole('region', { name: heading }).getByRole('button', { name: button, exact: true }).click();
    await seen(this.page.getByRole('status').filter({ hasText: `, ${button}.` }));
  }

  async menu(): Promise<void> {
    await this.page.goto(`${this.url}/_sandbox/faults?biller=${this.billerGuid}`);
    await seen(this.page.getByRole('heading', { name: 'Fault menu' }));
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  private async post(path: string, body: object): Promise<void> {
    const answer = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok, `${path} answered ${answer.status}`);
  }
}
