import { Agent, request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, parameters as a form. */
  readonly body?: object | URLSearchParams | undefined;
  readonly timeoutMs?: number;
  readonly agent?: Agent;
}

const agent = new Agent({ connections: 256, pipelining: 1 });

/** One exchange. Never throws because of a status; throws when there is no whole answer. */
export async function ask(
  url: string,
  { method, headers, body, timeoutMs = 10_000, agent: own }: Ask = {},
): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const answer = await request(url, {
    dispatcher: own ?? agent,
    method: (method ?? (body ? 'POST' : 'GET')) as 'GET',
    headers: { ...(body && { 'content-type': type }), ...headers },
    body: body ? (isForm ? body.toString() : JSON.stringify(body)) : null,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

/** Like `ask`; undefined when there is no whole answer. */
export async function tryAsk(url: string, options?: Ask): Promise<Answer | undefined> {
  return ask(url, options).catch(() => undefined);
}

/** JSON of an answer that must be a success. @throws Error with the status and the start of what came */
export async function askJson<T>(url: string, options?: Ask): Promise<T> {
  const { status, text } = await ask(url, options);
  if (status >= 300)
    throw new Error(`${options?.method ?? 'GET'} ${new URL(url).pathname} answered ${status} ${text.slice(0, 300)}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
