import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiKeyOf } from './credentials.js';
import { faultStatus, spoil, takeFaults, waitFor, type Fault, type Operation } from './faults.js';
import { Refusal } from './fields.js';
import { openingFaultOf } from './scenarios.js';
import { maskBody, type MaskedBody } from './masking.js';
import type { Biller, WireRequest } from './biller.js';
import type { Store } from './store.js';

/** One operation of Invoice Cloud, as it is served. */
export interface WireOperation {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Cloud Payments takes the key either way; REST v1 as the user name alone, and refuses by Code and Message (assumed). */
  readonly credentials: 'key-or-user' | 'user';
  /** The answer's body; a Refusal becomes 400. `body` is parsed JSON, or undefined for a GET. */
  answer(biller: Biller, body: unknown, parameters: Readonly<Record<string, string>>): unknown;
}

/** Serves one operation: who calls, what was asked (recorded), the fault that waits, then the operation itself. */
export function serve(app: FastifyInstance, store: Store, closing: AbortSignal, wire: WireOperation): void {
  const refusal = wire.credentials === 'user' ? refuseRest : refuse;
  app.route<{ Body: unknown; Params: Record<string, string> }>({
    method: wire.method,
    url: wire.path,
    handler: async (request, reply) => {
      const apiKey = apiKeyOf(request.headers.authorization, wire.credentials);
      const biller = apiKey === undefined ? undefined : store.byApiKey(apiKey);
      if (!biller) return refusal(reply, 401, 'The API key is missing or unknown.', 'Unauthorized');

      const text = typeof request.body === 'string' ? request.body : '';
      const asked = record(store, biller, wire.operation, request, maskBody(text));
      const body = asked.body === null ? null : (JSON.parse(text) as unknown);
      const act = () => outcomeOf(wire, asked, biller, body, request.params);
      const named = openingFaultOf(numbersIn(body), biller.played);
      if (await misbehave({ biller, operation: wire.operation, asked, reply, closing, act, named })) return reply;
      const done = act();
      asked.status = done instanceof Refusal ? 400 : 200;
      return done instanceof Refusal
        ? refusal(reply, 400, done.message, done.code, done.details)
        : reply.code(200).send(done);
    },
  });
}

/** Bodies arrive as text, so that the record can keep them as they came and broken JSON has Invoice Cloud's answer. */
export function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/** Every invoice and account number in a body. */
function numbersIn(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string' && /^(?:invoice|account)number$/i.test(name) ? [value.trim()] : numbersIn(value),
  );
}

/** Does the operation: its answer, or why it refused. */
function outcomeOf(
  wire: WireOperation,
  asked: WireRequest,
  biller: Biller,
  body: unknown,
  parameters: Readonly<Record<string, string>>,
): unknown {
  try {
    if (wire.method === 'POST' && asked.body === null) throw new Refusal('The request body must be JSON.');
    return wire.answer(biller, body ?? undefined, parameters);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ Data: null, Message: message });
}

/** REST v1's refusal (assumed). */
export function refuseRest(
  reply: FastifyReply,
  status: number,
  message: string,
  code: string,
  details: Readonly<Record<string, string>> = {},
): FastifyReply {
  return reply.code(status).send({ Code: code, Message: message, ...details });
}

interface Call {
  readonly biller: Biller;
  readonly operation: Operation;
  readonly asked: WireRequest;
  readonly reply: FastifyReply;
  readonly closing: AbortSignal;
  /** Does the operation, where the fault is that its answer is lost. */
  readonly act: () => unknown;
  /** The fault that the call itself asks for, by an invoice or account number. It comes in place of those that wait. */
  readonly named?: Fault;
}

/** Does what the faults that wait for this call ask. @returns true where it has replied in the operation's stead. */
export async function misbehave(call: Call): Promise<boolean> {
  const { biller, operation, asked, reply, closing, act, named } = call;
  for (const fault of named ? [named] : takeFaults(biller, operation)) {
    asked.fault = fault.kind;
    await waitFor(fault, closing);
    if (fault.kind === 'delay') continue;
    if (fault.kind === 'answer-lost') act();
    asked.status = faultStatus(fault);
    void spoil(fault, reply);
    return true;
  }
  return false;
}

/** Keeps what was asked; `body` must be without its secrets. */
export function record(
  store: Store,
  biller: Biller,
  operation: Operation,
  request: FastifyRequest,
  body: MaskedBody,
): WireRequest {
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'authorization');
  const asked: WireRequest = {
    at: biller.clock.iso(),
    operation,
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(headers),
    ...body,
    status: null,
    fault: null,
  };
  store.record(biller, asked);
  return asked;
}
