import { randomUUID } from 'node:crypto';
import { admin, type Json } from './api.js';
import { eventually } from './eventually.js';
import type { Delivery, Receiver } from './receiver.js';
import { postBack, type Story } from './story.js';

export const headersOf = ({ headers }: Delivery): Record<string, string> => headers as Record<string, string>;

export const idOf = ({ headers }: Delivery): string => String(headers['webhook-id']);

/** A payment that is reported: refused as often as told, and then paid unless told otherwise; each is a delivery. */
export async function report(
  story: Story,
  url: string,
  { refusals = 0, paid = true }: { refusals?: number; paid?: boolean } = {},
): Promise<{ id: string; postBackUrl: string; InvoiceNumber: string }> {
  const opened = await story.openAnother({ PostBackURL: url });
  const { InvoiceNumber } = opened;
  for (let n = 0; n < refusals; n += 1) {
    await tell(opened.postBackUrl, story.message({ InvoiceNumber, PaymentGUID: randomUUID(), Approved: 'False' }));
  }
  if (paid) await tell(opened.postBackUrl, story.message({ InvoiceNumber, PaymentGUID: randomUUID() }));
  return opened;
}

export async function tell(postBackUrl: string, message: Record<string, string>): Promise<void> {
  const status = await postBack(postBackUrl, message);
  if (status !== 204) throw new Error(`the PostBack was answered ${status}`);
}

/** Deliveries about a payment, by number, as administrators see them. */
export async function deliveriesOf(paymentId: string, url?: string): Promise<Json[]> {
  const { data } = await admin('GET', `/deliveries?paymentId=${paymentId}&limit=100`, undefined, url);
  return data.toReversed();
}

export const deliveryOf = (id: string, url?: string): Promise<Json> =>
  admin('GET', `/deliveries/${id}`, undefined, url);

export function allDelivered(paymentId: string, url?: string): Promise<Json[]> {
  return eventually('all is delivered', async () => {
    const deliveries = await deliveriesOf(paymentId, url);
    return deliveries.length > 0 && deliveries.every(({ status }) => status === 'delivered') && deliveries;
  });
}

export async function endpointOf(story: Story, { url: at }: Receiver, url?: string): Promise<Json> {
  const { data } = await admin('GET', `/relay-endpoints?partnerId=${story.partner.id}&limit=200`, undefined, url);
  return data.find((endpoint: Json) => endpoint.url === at.split('?')[0]);
}
