/** What a record of a request may show of its body. */
export interface MaskedBody {
  readonly text: string;
  /** The body as JSON, or null where it is none. */
  readonly body: unknown;
}

const SECRET = /password|webservicekey|remoteauthenticationtoken/i;
const SECRET_MEMBER =
  /("[^"\\]*(?:password|webservicekey|remoteauthenticationtoken)[^"\\]*"\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s"{[,}\]][^\s,}\]]*)/gi;

/**
 * The body without its secrets: every field whose name contains `password` or `webservicekey` becomes `***`, a RemoteAuthenticationToken as
 * many stars as it was long. All else of the text stays as it came, `3.0` apart from `3`.
 */
export function maskBody(text: string): MaskedBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { text: SECRET.test(text) ? '(not JSON, and it names a secret)' : text, body: null };
  }
  const body = masked(parsed);
  const maskedText = text.replace(
    SECRET_MEMBER,
    (_member, name: string, value: string) => name + maskedJson(name, value),
  );
  // A name written with escapes, or a secret that is a list, gets past the pattern; what was parsed does not.
  return { text: same(maskedText, body) ? maskedText : JSON.stringify(body), body };
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, SECRET.test(name) ? mask(name, field) : masked(field)]),
  );
}

function mask(name: string, value: unknown): unknown {
  if (value === null) return null;
  return /password|webservicekey/i.test(name) || typeof value !== 'string' ? '***' : '*'.repeat(value.length);
}

function maskedJson(name: string, value: string): string {
  try {
    return JSON.stringify(mask(name, JSON.parse(value)));
  } catch {
    return '"***"';
  }
}

function same(text: string, body: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(body);
  } catch {
    return false;
  }
}
