import { createHash } from 'node:crypto';

/** What an event's hash covers, beside the hash before it. */
export interface Link {
  readonly seq: string;
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly ip: string;
  readonly requestId: string;
}

/** SHA-256 over the hash before and the event in a form that does not depend on how jsonb orders members. */
export function hashOf(previous: Buffer, link: Link): Buffer {
  const { seq, id, at, actor, action, target, before, after, ip, requestId } = link;
  const said = [
    seq,
    id,
    at.toISOString(),
    actor,
    action,
    target,
    ordered(asStored(before)),
    ordered(asStored(after)),
    ip,
    requestId,
  ];
  return createHash('sha256').update(previous).update(JSON.stringify(said)).digest();
}

/** As jsonb gives it back: dates are texts then. */
const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, ordered(member)]);
}
