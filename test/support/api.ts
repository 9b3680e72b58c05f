import { stage } from './stage-facts.js';

/** JSON that a test reads without saying its shape first. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: Json;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** Sent as `Authorization: Bearer`. */
  readonly key?: string | undefined;
  /** An object is sent as JSON, text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string | undefined;
}

/** One HTTP exchange with the platform. Never throws because of a status. */
export async function api({ method, path, key, body, headers, url = stage.apiUrl }: Ask): Promise<Answer> {
  const raw = body === undefined || typeof body === 'string';
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(!raw && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, headers: response.headers, text, body: parsed };
}

/** As an administrator; any refusal is an error, since a test builds on what comes back. */
export async function admin(
  method: string,
  path: string,
  body?: object,
  url?: string,
  headers?: Readonly<Record<string, string>>,
): Promise<Json> {
  const key = stage.settings['ADMIN_KEY'];
  const answer = await api({ method, path: `/admin/v1${path}`, key, body, url, ...(headers && { headers }) });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status} ${answer.text}`);
  return answer.body;
}
