import { centsOf } from '../common/money.js';
import { refuseUrl, type UrlPolicy } from '../common/outbound-url.js';
import { holdsCardNumber } from './card-number.js';
import type { FieldError } from '../common/platform-error.js';
import { CloudPaymentRequest } from './cpv2-request.dto.js';
import { type FieldClass, fieldsOf, type FieldSpec } from './field.js';
import { wireDateOf } from './wire-date.js';

export interface ReadOptions {
  /** `refuse` on /v1; `forward` for drop-in clients, which may send fields that we do not know. */
  readonly unknown: 'refuse' | 'forward';
  readonly urls: UrlPolicy;
}

export type ReadResult =
  | { readonly ok: true; readonly request: CloudPaymentRequest }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

type Fields = Record<string, unknown>;

/** More is no list of customers or invoices; the count that is allowed is the policy's to judge and to name. */
const MOST_ITEMS = 100;
/** Unknown fields are forwarded as they came; deeper than this is an attack on whoever walks them. */
const MOST_DEPTH = 20;
const CARD_REASON = 'looks like a card number; card numbers must not be sent here';

/**
 * Reads a CPv2 request as clients in the field send it: names in any case, amounts as numbers or text, booleans as
 * true or "true", dates in three forms. What comes out is in the form of the design's sample, ready for the wire.
 */
export function readCloudPaymentRequest(body: unknown, options: ReadOptions): ReadResult {
  const reader = new Reader(options);
  const request = reader.readObject(CloudPaymentRequest, body, '');
  if (reader.errors.length > 0) return { ok: false, errors: reader.errors };
  return { ok: true, request: request as unknown as CloudPaymentRequest };
}

/**
 * Reads one value as the request would be read, for policies.
 * @returns the value in the form of the wire, or why it is refused
 */
export function readFieldValue(
  spec: FieldSpec,
  value: unknown,
  urls: UrlPolicy,
): { value: unknown } | { reason: string } {
  const reader = new Reader({ unknown: 'refuse', urls });
  const read = reader.readField(spec, value, spec.name);
  const [error] = reader.errors;
  return error ? { reason: error.reason } : { value: read };
}

class Reader {
  readonly errors: FieldError[] = [];

  constructor(private readonly options: ReadOptions) {}

  readObject(owner: FieldClass, value: unknown, path: string): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.refuse(path || 'body', 'must be a JSON object');
    }
    const { byName, order } = indexOf(owner);
    const found = new Map<FieldSpec, unknown>();
    const unknown: Fields = {};
    for (const [name, sent] of Object.entries(value)) {
      const spec = byName.get(name.toLowerCase());
      if (!spec) this.takeUnknown(unknown, name, sent, join(path, name));
      else if (found.has(spec)) this.refuse(join(path, spec.name), 'is named more than once (in different case)');
      else if (sent !== null) found.set(spec, sent);
    }
    const read: Fields = {};
    for (const spec of order) {
      const fieldPath = join(path, spec.name);
      if (!found.has(spec)) {
        if (spec.required) this.refuse(fieldPath, 'is required');
        continue;
      }
      const kept = this.readField(spec, found.get(spec), fieldPath);
      if (kept !== undefined) read[spec.name] = kept;
    }
    return Object.assign(read, unknown);
  }

  private takeUnknown(into: Fields, name: string, value: unknown, path: string): void {
    const shown = path.replace(/[\p{Cc}]/gu, '?').slice(0, 120);
    if (this.options.unknown === 'refuse') this.refuse(shown, 'is not a field of this request');
    else if (depthOf(value) > MOST_DEPTH) this.refuse(shown, `must not be nested deeper than ${MOST_DEPTH} levels`);
    else if (holdsCardNumber(value)) this.refuse(shown, CARD_REASON);
    else into[name] = value;
  }

  readField(spec: FieldSpec, value: unknown, path: string): unknown {
    switch (spec.kind) {
      case 'text':
        return this.readText(value, spec, path);
      case 'integer':
        return this.readInteger(value, spec.least, spec.most, path);
      case 'amount':
        return this.readAmount(value, path);
      case 'flag':
        return this.readFlag(value, path);
      case 'date':
        return typeof value === 'string' && wireDateOf(value)
          ? wireDateOf(value)
          : this.refuse(path, 'must be a date that exists, as M/d/yyyy, MM/dd/yyyy or yyyy-MM-dd');
      case 'url':
        return this.readUrl(value, path);
      case 'object':
        return this.readObject(spec.of(), value, path);
      case 'list':
        return this.readList(spec.of(), value, path);
    }
  }

  private readText(value: unknown, spec: FieldSpec & { kind: 'text' }, path: string): unknown {
    const { most, required } = spec;
    const sent = Number.isSafeInteger(value) ? String(value) : value;
    if (typeof sent !== 'string') return this.refuse(path, 'must be text');
    if (/\p{Cc}/u.test(sent)) return this.refuse(path, 'must not hold control characters');
    // A number that comes back without its spaces would differ from what was asked.
    const text = sent.trim();
    if (required && !text) return this.refuse(path, 'must not be empty');
    if (text.length > most) return this.refuse(path, `must be at most ${most} characters long`);
    // Invoice Cloud takes no card number from us, and we want none: it would be stored and forwarded.
    const mayBe = spec.identifier && /^\d+$/.test(text);
    if (!mayBe && holdsCardNumber(text)) return this.refuse(path, CARD_REASON);
    return text;
  }

  private readInteger(value: unknown, least: number, most: number, path: string): unknown {
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
    if (Number.isInteger(number) && (number as number) >= least && (number as number) <= most) return number;
    return this.refuse(path, `must be a whole number from ${least} to ${most}`);
  }

  private readAmount(value: unknown, path: string): unknown {
    const cents = centsOf(value);
    if (cents !== undefined) return cents / 100;
    return this.refuse(path, 'must be dollars from 0 to 99999999.99 with at most two decimals, such as 3.00');
  }

  private readFlag(value: unknown, path: string): unknown {
    const flag = typeof value === 'string' ? value.trim().toLowerCase() : value;
    if (flag === true || flag === 'true') return true;
    if (flag === false || flag === 'false') return false;
    return this.refuse(path, 'must be true or false');
  }

  private readUrl(value: unknown, path: string): unknown {
    if (typeof value !== 'string') return this.refuse(path, 'must be a URL');
    // Clients of the field send "" for a URL that they do not use.
    if (value === '') return undefined;
    const refused = refuseUrl(value, this.options.urls);
    return refused ? this.refuse(path, refused) : value;
  }

  private readList(of: FieldClass, value: unknown, path: string): unknown {
    if (!Array.isArray(value)) return this.refuse(path, 'must be a list');
    if (value.length === 0) return this.refuse(path, 'must hold one entry');
    if (value.length > MOST_ITEMS) return this.refuse(path, `must not hold more than ${MOST_ITEMS} entries`);
    return value.map((item, index) => this.readObject(of, item, `${path}[${index}]`));
  }

  private refuse(field: string, reason: string): undefined {
    this.errors.push({ field, reason });
    return undefined;
  }
}

interface FieldIndex {
  readonly byName: ReadonlyMap<string, FieldSpec>;
  readonly order: readonly FieldSpec[];
}

const indexes = new WeakMap<FieldClass, FieldIndex>();

function indexOf(owner: FieldClass): FieldIndex {
  const known = indexes.get(owner);
  if (known) return known;
  const order = fieldsOf(owner);
  const index = { order, byName: new Map(order.map((spec) => [spec.name.toLowerCase(), spec])) };
  indexes.set(owner, index);
  return index;
}

const join = (path: string, name: string): string => (path ? `${path}.${name}` : name);

function depthOf(value: unknown, depth = 1): number {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return depth;
  let deepest = depth;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner, depth + 1));
  return deepest;
}
