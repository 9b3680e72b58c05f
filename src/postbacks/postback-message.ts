/** A PostBack as it arrived, before anybody read it. */
export interface RawPostback {
  readonly contentType: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body: string;
}

/** Eighteen are declared; far more are nobody's payment, and are not read at all. */
const MOST_FIELDS = 200;

type Field = readonly [name: string, value: string];

/** What a message says, as far as it can be read without trusting it. */
export interface PostbackMessage {
  /** As named by the sender, in its order. */
  readonly fields: readonly Field[];
  /** The same by their names in lower case; of a name that comes twice, the first. */
  readonly values: ReadonlyMap<string, string>;
  /** Why it can't be read without doubt. */
  readonly doubts: readonly string[];
}

/** Of a message without doubts: one field, whatever the case of its name. */
export function fieldOf(message: PostbackMessage, name: string): string | undefined {
  return message.values.get(name.toLowerCase());
}

/** The same without blanks around it; empty where there is none. */
export const textOf = (message: PostbackMessage, name: string): string => fieldOf(message, name)?.trim() ?? '';

/**
 * Takes the fields from the query and from the body (a form, or flat JSON). A name that comes twice in one of them, or
 * with different values in both, is a doubt: whoever reads the other one would read another message.
 */
export function readPostback({ contentType, query, body }: RawPostback): PostbackMessage {
  const doubts: string[] = [];
  const fromQuery = query === '' ? [] : fieldsIn(query);
  const fromBody = /^application\/json\b/i.test(contentType) ? readJson(body, doubts) : fieldsIn(body);
  if (fromQuery.length + fromBody.length > MOST_FIELDS) {
    return { fields: [], values: new Map(), doubts: ['too-many-fields'] };
  }
  const inQuery = valuesOf(fromQuery);
  const inBody = valuesOf(fromBody);
  if (inQuery.size < fromQuery.length || inBody.size < fromBody.length) doubts.push('repeated-field');
  const fields = inQuery.size === 0 ? fromBody : joined(fromQuery, inQuery, fromBody, doubts);
  const values = inQuery.size === 0 ? inBody : new Map([...inBody, ...inQuery]);
  // What we add ourselves must not stand in what we add it to: the partner would read either.
  if (fields.some(([name]) => isReserved(name))) doubts.push('reserved-field');
  if (fields.length === 0 && doubts.length === 0) doubts.push('empty');
  return { fields, values, doubts };
}

function joined(
  fromQuery: readonly Field[],
  inQuery: ReadonlyMap<string, string>,
  fromBody: readonly Field[],
  doubts: string[],
): Field[] {
  const fields = [...fromQuery];
  for (const [name, value] of fromBody) {
    const earlier = inQuery.get(name.toLowerCase());
    if (earlier === undefined) fields.push([name, value]);
    else if (earlier !== value && !doubts.includes('query-and-body-disagree')) doubts.push('query-and-body-disagree');
  }
  return fields;
}

/** BillbridgePaymentId, BillbridgeStatus and whatever may be added beside them. */
export const isReserved = (name: string): boolean => /^\s*billbridge/i.test(name);

/** The message as a form, to the byte as it came where it came as one. */
export function formOf({ contentType, query, body }: RawPostback, { fields }: PostbackMessage): string {
  if (query === '' && /^application\/x-www-form-urlencoded\b/i.test(contentType)) return body;
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}

function fieldsIn(form: string): Field[] {
  const fields: Field[] = [];
  // Half the price of iterating.
  new URLSearchParams(form).forEach((value, name) => fields.push([name, value]));
  return fields;
}

function valuesOf(fields: readonly Field[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (!values.has(lower)) values.set(lower, value);
  }
  return values;
}

function readJson(body: string, doubts: string[]): Field[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    doubts.push('unreadable-json');
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    doubts.push('unreadable-json');
    return [];
  }
  const fields: Field[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (value === null) continue;
    if (typeof value === 'object') doubts.push('nested-json');
    else fields.push([name, String(value)]);
  }
  // JSON.parse keeps the last of repeated names and says nothing.
  if (countJsonNames(body) !== Object.keys(parsed).length && !doubts.includes('nested-json'))
    doubts.push('repeated-field');
  return fields;
}

/** How often a string stands before a colon: in a flat object, the number of its members. */
function countJsonNames(json: string): number {
  return [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter((match) => match[1] !== undefined).length;
}
