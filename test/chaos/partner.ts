import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Receipt } from './compare.js';
import { listen } from './ports.js';

/** How the partner takes a message. `answer-lost`: it is taken, and the connection breaks before the answer. */
export type Behaviour = 'ok' | 'error' | 'gone' | 'hang' | 'reset' | 'answer-lost';

export interface Received extends Receipt {
  readonly partnerId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The partners' backend: verifies every signature, and keeps what it took. One path a partner. */
export class PartnerBackend {
  private readonly server = createServer((request, response) => void this.take(request, response));
  private readonly secrets = new Map<string, string>();
  private readonly plans = new Map<string, Behaviour[]>();
  private readonly standing = new Map<string, Behaviour>();
  private readonly waiting = new Set<() => void>();
  readonly received: Received[] = [];
  /** Messages whose signature did not hold. */
  readonly forged: string[] = [];
  /** Every try that reached us, taken or not. */
  tries = 0;
  port = 0;

  async listen(): Promise<number> {
    return (this.port = await listen(this.server));
  }

  add(partnerId: string, secret: string): void {
    this.secrets.set(partnerId, secret);
  }

  /** What becomes of the next messages about an invoice; after them, the partner's standing behaviour. */
  plan(invoiceNumber: string, ...behaviours: Behaviour[]): void {
    this.plans.set(invoiceNumber, behaviours);
  }

  /** Of everything for a partner, until it is said otherwise. */
  always(partnerId: string, behaviour: Behaviour): void {
    this.standing.set(partnerId, behaviour);
  }

  of(partnerIds: readonly string[]): Received[] {
    return this.received.filter(({ partnerId }) => partnerIds.includes(partnerId));
  }

  has(invoiceNumber: string, approved: boolean): boolean {
    return this.received.some((one) => one.invoiceNumber === invoiceNumber && one.approved === approved);
  }

  /** Resolves at the next message that is taken. */
  next(): Promise<void> {
    return new Promise((done) => this.waiting.add(done));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    this.tries += 1;
    const partnerId = /^\/partners\/([^/]+)\//.exec(request.url ?? '')?.[1] ?? '';
    const fields = new URLSearchParams(body);
    const invoiceNumber = fields.get('InvoiceNumber') ?? '';
    if (!this.isGenuine(request, partnerId, body)) {
      this.forged.push(String(request.headers['webhook-id']));
      response.writeHead(401).end();
      return;
    }
    const behaviour = this.plans.get(invoiceNumber)?.shift() ?? this.standing.get(partnerId) ?? 'ok';
    if (behaviour === 'ok' || behaviour === 'answer-lost') {
      this.received.push({
        partnerId,
        at: Date.now(),
        webhookId: String(request.headers['webhook-id']),
        paymentGuid: fields.get('PaymentGUID') ?? '',
        invoiceNumber,
        amountCents: Math.round(Number(fields.get('PaymentAmount')) * 100),
        approved: fields.get('Approved') === 'True',
      });
      for (const done of this.waiting) done();
      this.waiting.clear();
    }
    answer(behaviour, response);
  }

  private isGenuine(request: IncomingMessage, partnerId: string, body: string): boolean {
    try {
      const headers = request.headers as Record<string, string>;
      new Webhook(this.secrets.get(partnerId) ?? '').verify(body, headers, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  }
}

function answer(behaviour: Behaviour, response: ServerResponse): void {
  const { socket } = response;
  if (behaviour === 'ok') response.writeHead(204).end();
  else if (behaviour === 'error') response.writeHead(500).end();
  else if (behaviour === 'gone') response.writeHead(410).end();
  else if (behaviour !== 'hang') socket?.resetAndDestroy();
}
