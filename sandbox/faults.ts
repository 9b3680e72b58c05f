import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Biller } from './store.js';

/** The operations that a test can ask to misbehave. */
export const OPERATIONS = ['cloud-payments', 'biller-status'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const FAULT_KINDS = ['delay', 'status', 'html', 'half-body', 'reset', 'bad-json', 'no-url'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A misbehaviour that waits for the biller's next call. All happen before the operation, which then does nothing. */
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

/** The biller's oldest fault for this operation, used up by one. */
export function takeFault(biller: Biller, operation: Operation): Fault | undefined {
  const index = biller.faults.findIndex((fault) => fault.operation === undefined || fault.operation === operation);
  const fault = biller.faults[index];
  if (fault && --fault.remaining <= 0) biller.faults.splice(index, 1);
  return fault;
}

/** A sandbox that closes cuts the wait short, by an AbortError. */
export async function waitFor(fault: Fault, closing: AbortSignal): Promise<void> {
  if (fault.ms > 0) await delay(fault.ms, undefined, { signal: closing });
}

/** The status that a caller will see, or null where the connection is cut before there is a whole answer. */
export function faultStatus(fault: Fault): number | null {
  if (fault.kind === 'half-body' || fault.kind === 'reset') return null;
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
    default:
      return json.send({ Data: null, Message: `The sandbox was asked to answer ${fault.status}.` });
  }
}
