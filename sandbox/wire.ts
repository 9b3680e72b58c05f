import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiKeyOf } from './credentials.js';
import { faultStatus, spoil, takeFault, waitFor, type Operation } from './faults.js';
import { Refusal } from './fields.js';
import type { Biller, Store, WireRequest } from './store.js';

/** One operation of Invoice Cloud, as it is served. */
export interface WireOperation {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly credentials: 'key-or-user' | 'user';
  /** The answer's body; a Refusal becomes 400. `body` is parsed JSON, or undefined for a GET. */
  answer(biller: Biller, body: unknown): unknown;
}

/** Serves one operation: who calls, what was asked (recorded), the fault that waits, then the operation itself. */
export function serve(app: FastifyInstance, store: Store, closing: AbortSignal, wire: WireOperation): void {
  app.route<{ Body: unknown }>({
    method: wire.method,
    url: wire.path,
    handler: async (request, reply) => {
      const apiKey = apiKeyOf(request.headers.authorization, wire.credentials);
      const biller = apiKey === undefined ? undefined : store.byApiKey(apiKey);
      if (!biller) return refuse(reply, 401, 'The API key is missing or unknown.');

      const asked = record(store, biller, wire.operation, request);
      const fault = takeFault(biller, wire.operation);
      if (fault) {
        asked.fault = fault.kind;
        await waitFor(fault, closing);
        if (fault.kind !== 'delay') {
          asked.status = faultStatus(fault);
          return spoil(fault, reply);
        }
      }
      return answer(reply, asked, wire, biller);
    },
  });
}

/** Bodies arrive as text, so that the record can keep them as they came and broken JSON has Invoice Cloud's answer. */
export function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

function answer(reply: FastifyReply, asked: WireRequest, wire: WireOperation, biller: Biller): FastifyReply {
  try {
    if (wire.method === 'POST' && asked.body === null) throw new Refusal('The request body must be JSON.');
    const body = wire.answer(biller, asked.body ?? undefined);
    asked.status = 200;
    return reply.code(200).send(body);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    asked.status = 400;
    return refuse(reply, 400, error.message);
  }
}

export function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ Data: null, Message: message });
}

function record(store: Store, biller: Biller, operation: Operation, request: FastifyRequest): WireRequest {
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'authorization');
  const text = typeof request.body === 'string' ? request.body : '';
  const asked: WireRequest = {
    at: new Date().toISOString(),
    operation,
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(headers),
    text,
    body: parseJson(text),
    status: null,
    fault: null,
  };
  store.record(biller, asked);
  return asked;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
