import { takeTurn } from './faults.js';
import type { PostbackFields } from './postback.js';

export const POSTBACK_FAULT_KINDS = [
  'delay',
  'missing',
  'twice',
  'out-of-order',
  'changed',
  'forged-refusal',
  'half-body',
  'reset',
  'answer-lost',
  'query',
  'json',
] as const;
export type PostbackFaultKind = (typeof POSTBACK_FAULT_KINDS)[number];

/** Values to put in a PostBack's place; null takes a parameter away. */
export type FieldChanges = Readonly<Record<string, PostbackFields[string] | null>>;

/** A misbehaviour that waits for the biller's next PostBack. What each kind does: README.md. */
export interface PostbackFault {
  readonly operation: 'postback';
  readonly kind: PostbackFaultKind;
  /** Milliseconds to wait first; every kind honours it, and `delay` is nothing else. */
  readonly ms: number;
  /** What `changed` and `forged-refusal` put into the message. */
  readonly fields: FieldChanges;
  /** `twice` sends both at the same moment. */
  readonly atOnce: boolean;
  /** How many PostBacks it still spoils; Infinity until cleared. */
  remaining: number;
}

/** Those for the next PostBack, used up by one; as with calls, a delay until cleared comes on top of any other. */
export function takePostbackFaults(queue: PostbackFault[]): readonly PostbackFault[] {
  return queue.length === 0 ? [] : takeTurn(queue, queue);
}

export function changed(parameters: PostbackFields, changes: FieldChanges): PostbackFields {
  const all = Object.entries({ ...parameters, ...changes });
  return Object.fromEntries(all.filter((pair): pair is [string, PostbackFields[string]] => pair[1] !== null));
}
