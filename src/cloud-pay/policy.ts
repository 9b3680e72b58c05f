import type { CloudPayPolicy, PolicyValue } from '../billers/biller.entity.js';
import { type FieldError, InvalidRequest } from '../common/platform-error.js';
import type { UrlPolicy } from '../common/outbound-url.js';
import { CloudPaymentRequest } from './cpv2-request.dto.js';
import { readFieldValue } from './cpv2-reader.js';
import { PolicyViolation } from './errors.js';
import { type FieldClass, fieldsOf, type FieldSpec } from './field.js';

type Fields = Record<string, unknown>;

/** A payment is for one customer and one invoice, at every biller: see docs/decisions/0002-one-invoice-a-payment.md. */
const ONE_EACH = ['Customers', 'Customers.Invoices'];

/**
 * Fills in what the policy pins and what it gives as default, in place.
 * @throws PolicyViolation naming field, value sent and value allowed for everything that differs from a pinned value
 */
export function applyPolicy(request: CloudPaymentRequest, policy: CloudPayPolicy): void {
  const errors: FieldError[] = [];
  for (const path of ONE_EACH) {
    visit(request, path, (holder, name, at) => {
      const items = holder[name] as unknown[];
      if (items.length !== 1)
        errors.push({ field: at, reason: 'must hold exactly one', sent: items.length, allowed: 1 });
    });
  }
  for (const [path, allowed] of Object.entries(policy.pinned)) {
    visit(request, path, (holder, name, at) => {
      const sent = holder[name];
      if (sent === undefined) holder[name] = allowed;
      else if (sent !== allowed) errors.push({ field: at, reason: 'is fixed for this biller', sent, allowed });
    });
  }
  if (errors.length > 0) {
    const fields = errors.map(({ field, allowed }) => `${field} (allowed: ${String(allowed)})`).join(', ');
    throw new PolicyViolation(`Leave out or correct: ${fields}.`, { errors });
  }
  for (const [path, value] of Object.entries(policy.defaults)) {
    visit(request, path, (holder, name) => (holder[name] ??= value));
  }
}

/** Calls back for every place that a path such as `Customers.Invoices.TypeID` names in this request. */
function visit(root: object, path: string, callback: (holder: Fields, name: string, at: string) => void): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let places: { holder: Fields; at: string }[] = [{ holder: root as Fields, at: '' }];
  for (const name of names) {
    places = places.flatMap(({ holder, at }) => {
      const next = holder[name];
      if (Array.isArray(next)) return next.map((item, i) => ({ holder: item as Fields, at: `${at}${name}[${i}].` }));
      if (typeof next === 'object' && next !== null) return [{ holder: next as Fields, at: `${at}${name}.` }];
      // What a policy says of a part that was left out counts all the same.
      return [{ holder: (holder[name] = {}), at: `${at}${name}.` }];
    });
  }
  for (const { holder, at } of places) callback(holder, last, at + last);
}

/**
 * Reads a policy that an administrator gives: every path must name a single-valued field of the request, and every
 * value is read as the request's own would be, so that both have one form.
 * @throws InvalidRequest naming what is wrong
 */
export function readPolicy(given: CloudPayPolicy, urls: UrlPolicy): CloudPayPolicy {
  const errors: FieldError[] = [];
  const readPart = (part: keyof CloudPayPolicy): Record<string, PolicyValue> => {
    const values: Record<string, PolicyValue> = {};
    for (const [path, value] of Object.entries(given[part])) {
      const field = `cloudPayPolicy.${part}["${path.replace(/\p{Cc}/gu, '?').slice(0, 80)}"]`;
      const spec = specAt(path);
      const read = spec ? readFieldValue(spec, value, urls) : { reason: NO_FIELD };
      if ('reason' in read) errors.push({ field, reason: read.reason });
      else values[path] = read.value as PolicyValue;
    }
    return values;
  };
  const policy = { pinned: readPart('pinned'), defaults: readPart('defaults') };
  if (errors.length > 0) throw InvalidRequest.of(errors);
  return policy;
}

const NO_FIELD = 'is no field of the Cloud Payments request that holds one value; write it as the request does';

function specAt(path: string): FieldSpec | undefined {
  let owner: FieldClass = CloudPaymentRequest;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const spec = fieldsOf(owner).find((field) => field.name === name);
    if (!spec) return undefined;
    const nested = spec.kind === 'object' || spec.kind === 'list';
    if (index === names.length - 1) return nested ? undefined : spec;
    if (!nested) return undefined;
    owner = spec.of();
  }
  return undefined;
}
