import { ask, type By } from './administration.js';
import type { Answer, Json } from './api.js';
import { eventually } from './eventually.js';
import type { Receiver } from './receiver.js';

export const REASON = 'seen in the biller portal';

/** What waits for a decision about a payment, the oldest first. */
export async function heldOf(paymentId: string, by?: By): Promise<Json[]> {
  return (await ask('GET', `/postbacks?paymentId=${paymentId}`, undefined, by)).body.data;
}

/** The only held postback of a payment. */
export async function theHeld(paymentId: string, by?: By): Promise<string> {
  const held = await heldOf(paymentId, by);
  if (held.length !== 1) throw new Error(`expected one held postback, got ${held.length}`);
  return held[0].id;
}

export const decide = (id: string, verb: 'accept' | 'reject', more: object = {}, by?: By): Promise<Answer> =>
  ask('POST', `/postbacks/${id}/${verb}`, { reason: REASON, ...more }, by);

/** What the partner was told, in the order of arrival. */
export async function told(partner: Receiver, times: number): Promise<URLSearchParams[]> {
  await eventually(`the partner is told ${times} times`, () => partner.deliveries.length >= times);
  return partner.deliveries.map(({ body }) => new URLSearchParams(body));
}
