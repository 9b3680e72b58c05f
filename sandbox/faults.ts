import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** The operations that a test can ask to misbehave. */
export const OPERATIONS = [
  'cloud-payments',
  'biller-status',
  'retrieve-users',
  'remote-authentication',
  'retrieve-customer-guid',
  'retrieve-user-accounts',
  'register-accounts',
  'create-customer-record',
  'link-accounts',
  'unregister-accounts',
  'update-password',
  'update-email-address',
  'customer-portal-account',
  'view-invoice',
  'view-customer',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const FAULT_KINDS = [
  'delay',
  'status',
  'html',
  'half-body',
  'reset',
  'bad-json',
  'no-url',
  'answer-lost',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * A misbehaviour that waits for the biller's next call. All happen before the operation, which then does nothing; but
 * after `delay` it goes on, and with `answer-lost` it is done and the connection closed without an answer.
 */
export interface Fault {
  /** Absent: whichever operation comes. */
  readonly operation?: Operation;
  readonly kind: FaultKind;
  /** Milliseconds to wait first; every kind honours it, and `delay` is nothing else. */
  readonly ms: number;
  readonly status: number;
  /** How many calls it still spoils; Infinity until cleared. */
  remaining: number;
}

/** What waits in a biller's queue for its turn. */
interface Waiting {
  readonly kind: string;
  /** Infinity until cleared. */
  remaining: number;
}

/**
 * The biller's oldest fault for this operation, used up by one. A delay until cleared is no turn of its own: it comes
 * first and slows whatever else was asked for, so that a slow Invoice Cloud can also fail.
 */
export function takeFaults(biller: { readonly faults: Fault[] }, operation: Operation): readonly Fault[] {
  const meant = biller.faults.filter((fault) => fault.operation === undefined || fault.operation === operation);
  return takeTurn(biller.faults, meant);
}

/** The delay that stands, if any, and the first other one, used up by one. */
export function takeTurn<F extends Waiting>(queue: F[], meant: readonly F[]): readonly F[] {
  const standing = meant.find(isStandingDelay);
  const next = meant.find((fault) => !isStandingDelay(fault));
  if (next && --next.remaining <= 0) queue.splice(queue.indexOf(next), 1);
  return [standing, next].filter((fault) => fault !== undefined);
}

function isStandingDelay({ kind, remaining }: Waiting): boolean {
  return kind === 'delay' && remaining === Infinity;
}

/** A sandbox that closes cuts the wait short, by an AbortError. */
export async function waitFor(fault: Fault, closing: AbortSignal): Promise<void> {
  if (fault.ms > 0) await delay(fault.ms, undefined, { signal: closing });
}

/** The status that a caller will see, or null where the connection is cut before there is a whole answer. */
export function faultStatus(fault: Fault): number | null {
  if (fault.kind === 'half-body' || fault.kind === 'reset' || fault.kind === 'answer-lost') return null;
  return fault.kind === 'status' || fault.kind === 'html' ? fault.status : 200;
}

/** Answers in the operation's stead. */
export function spoil(fault: Fault, reply: FastifyReply): FastifyReply {
  const json = reply.code(faultStatus(fault) ?? 200).type('application/json; charset=utf-8');
  switch (fault.kind) {
    case 'html':
      return reply
        .type('text/html; charset=utf-8')
        .send('<!doctype html><html lang="en"><title>Maintenance</title><h1>We will be back shortly.</h1></html>');
    case 'bad-json':
      return json.send('{"Data":{"CloudPaymentURL":');
    case 'no-url':
      return json.send({ Data: {}, Message: null });
    case 'half-body':
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': 200 });
      reply.raw.write('{"Data":{"CloudPaymentURL":"https', () => reply.raw.destroy());
      return reply;
    case 'reset':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case 'answer-lost':
      reply.hijack();
      reply.raw.destroy();
      return reply;
    default:
      return json.send({ Data: null, Message: `The sandbox was asked to answer ${fault.status}.` });
  }
}
