import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** What came to the address that we gave as PostBackURL, and what we made of it. */
export interface Delivery {
  readonly at: Date;
  /** `webhook-id`: the same in every attempt to deliver the same message. */
  readonly id: string;
  readonly outcome: 'new' | 'repeat' | 'forged';
  /** Invoice Cloud's own: InvoiceNumber, Approved, PaymentAmount, PaymentGUID, … Empty when forged. */
  readonly fields: URLSearchParams;
}

const KEPT = 20;

/** Takes what the relay sends: verified by the official library, and each message once. */
export class Deliveries {
  private readonly webhook: Webhook;
  // A real portal inserts the id under a unique constraint, in the transaction that stores what the message says.
  private readonly seen = new Set<string>();
  /** Newest first. */
  readonly latest: Delivery[] = [];

  /** @param secret `whsec_…`, shown once when the partner was made */
  constructor(secret: string) {
    this.webhook = new Webhook(secret);
  }

  /** @param body to the byte as it came, before anything parses it: that is what is signed */
  take(headers: IncomingHttpHeaders, body: string): Delivery {
    const delivery = this.judge(headers, body);
    this.latest.unshift(delivery);
    this.latest.length = Math.min(this.latest.length, KEPT);
    return delivery;
  }

  private judge(headers: IncomingHttpHeaders, body: string): Delivery {
    const id = String(headers['webhook-id'] ?? '');
    const at = new Date();
    try {
      this.webhook.verify(body, headers as Record<string, string>, { jsonParse: false });
    } catch {
      return { at, id, outcome: 'forged', fields: new URLSearchParams() };
    }
    const outcome = this.seen.has(id) ? 'repeat' : 'new';
    this.seen.add(id);
    return { at, id, outcome, fields: new URLSearchParams(body) };
  }
}
