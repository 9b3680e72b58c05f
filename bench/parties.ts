/**
 * The others: a pretend Invoice Cloud that answers at once (the sandbox is honest and slow), and a partner's backend that
 * takes deliveries. The same for all contestants. Steered by messages: how late Invoice Cloud answers, and what the partner
 * was told since it was asked last.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartyAnswer, PartyOrder } from './parties-protocol.js';

let delayMs = 0;
let recording = false;
let pages = 0;
let arrivals: Record<string, number> = {};

const ACCOUNT = { AccountNumber: '1', Name: 'Jane Payer', Primary: true, Balance: 3 };
const INVOICE_CLOUD: Readonly<Record<string, unknown>> = {
  '/api/v1/biller/status': { Status: 'Active' },
  '/api/v1/remoteauth/RetrieveUsers': {
    Users: [{ AccountNumber: '1', EmailAddress: 'payer@example.com', Registered: true }],
  },
  '/api/v1/remoteauth/RemoteAuthentication': { RemoteAuthenticationToken: 'pretend-token', ExpiresInSeconds: 3600 },
  '/api/v1/remoteauth/RetrieveUserAccounts': { Accounts: [ACCOUNT] },
  '/api/v1/customer/RetrieveCustomerGuid': { CustomerGuid: '4c6f0b0e-4b8e-4a2e-8a64-0d6c4d1d0001' },
};

const server = createServer((request, response) => {
  void answer(request).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
});

async function answer(request: IncomingMessage): Promise<{ status: number; body?: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? '';
  if (path.startsWith('/partner')) {
    if (recording) note(Buffer.concat(chunks).toString('utf8'));
    return { status: 204 };
  }
  if (delayMs > 0) await sleep(delayMs);
  if (path === '/cloudpaymentsapi/v2') {
    pages += 1;
    const CloudPaymentURL = `http://127.0.0.1:${port()}/portal/cloudpay/${pages.toString().padStart(40, '0')}`;
    return { status: 200, body: JSON.stringify({ Data: { CloudPaymentURL } }) };
  }
  const known = INVOICE_CLOUD[path];
  return known === undefined ? { status: 404, body: '{}' } : { status: 200, body: JSON.stringify(known) };
}

function note(form: string): void {
  const invoice = /(?:^|&)InvoiceNumber=([^&]+)/.exec(form)?.[1];
  if (invoice) arrivals[invoice] ??= performance.timeOrigin + performance.now();
}

const port = (): number => (server.address() as AddressInfo).port;
const say = (message: PartyAnswer): void => void process.send?.(message);

process.on('message', (order: PartyOrder) => {
  if (order.kind === 'delay') delayMs = order.ms;
  if (order.kind === 'record') recording = true;
  if (order.kind === 'take') recording = false;
  say({ arrivals });
  if (order.kind === 'take') arrivals = {};
});
process.on('disconnect', () => process.exit());
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => say({ port: port() }));
