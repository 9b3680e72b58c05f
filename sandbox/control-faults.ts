import type { FastifyInstance } from 'fastify';
import { ControlError, type ForBiller } from './control-error.js';
import { FAULT_KINDS, OPERATIONS, type Fault, type FaultKind, type Operation } from './faults.js';
import { POSTBACK_FAULT_KINDS, type FieldChanges, type PostbackFault } from './postback-faults.js';
import type { Announcer } from './announcer.js';
import type { Biller } from './biller.js';

export interface FaultBody {
  readonly operation?: Operation | 'postback';
  readonly kind: Fault['kind'] | PostbackFault['kind'];
  readonly ms?: number;
  readonly status?: number;
  readonly times?: number;
  readonly fields?: FieldChanges;
  readonly atOnce?: boolean;
}

/** Lets tests queue misbehaviour: of calls that come in, and of PostBacks that go out. */
export function controlFaults(app: FastifyInstance, billerOf: (guid: string) => Biller, announcer: Announcer): void {
  app.get<ForBiller>('/_sandbox/billers/:guid/faults', ({ params }) => {
    const { faults, postbackFaults } = billerOf(params.guid);
    return { faults: [...faults, ...postbackFaults].map(faultView) };
  });

  app.post<ForBiller & { Body: FaultBody }>(
    '/_sandbox/billers/:guid/faults',
    { schema: { body: FAULT } },
    (request, reply) => reply.code(201).send(faultView(addFault(billerOf(request.params.guid), request.body))),
  );

  app.delete<ForBiller>('/_sandbox/billers/:guid/faults', (request, reply) => {
    clearFaults(billerOf(request.params.guid), announcer);
    return reply.code(204).send();
  });
}

/** What is held is sent: it would otherwise wait for a PostBack that nobody means to cause any more. */
export function clearFaults(biller: Biller, announcer: Announcer): void {
  biller.faults.length = 0;
  biller.postbackFaults.length = 0;
  announcer.release(biller);
}

/** Puts a fault at the end of the biller's queue. */
export function addFault(biller: Biller, body: FaultBody): Fault | PostbackFault {
  const { operation, kind, ms = 0, times = 1 } = body;
  const remaining = times === 0 ? Infinity : times;
  if (operation === 'postback') {
    if (!isPostbackKind(kind)) throw new ControlError(400, 'A PostBack has no such kind of fault.');
    if (body.status !== undefined) throw new ControlError(400, 'A fault of PostBacks has no status.');
    const fault = { operation, kind, ms, fields: body.fields ?? {}, atOnce: body.atOnce ?? false, remaining };
    biller.postbackFaults.push(fault);
    return fault;
  }
  if (!isWireKind(kind)) throw new ControlError(400, 'Only the operation postback has this kind of fault.');
  if (body.fields !== undefined || body.atOnce !== undefined) {
    throw new ControlError(400, 'Only a fault of the operation postback has fields or atOnce.');
  }
  const { status = kind === 'html' ? 200 : 500 } = body;
  const fault = { operation, kind, ms, status, remaining };
  biller.faults.push(fault);
  return fault;
}

function isPostbackKind(kind: FaultBody['kind']): kind is PostbackFault['kind'] {
  return (POSTBACK_FAULT_KINDS as readonly string[]).includes(kind);
}

function isWireKind(kind: FaultBody['kind']): kind is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(kind);
}

export function faultView({ remaining, ...fault }: Fault | PostbackFault) {
  return { ...fault, times: remaining === Infinity ? 0 : remaining };
}

const FAULT = {
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  properties: {
    operation: { enum: [...OPERATIONS, 'postback'] },
    kind: { enum: [...new Set([...FAULT_KINDS, ...POSTBACK_FAULT_KINDS])] },
    ms: { type: 'integer', minimum: 0, maximum: 600_000 },
    status: { type: 'integer', minimum: 200, maximum: 599 },
    times: { type: 'integer', minimum: 0, maximum: 100_000 },
    fields: { type: 'object' },
    atOnce: { type: 'boolean' },
  },
} as const;
