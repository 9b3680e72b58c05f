import { Agent, request } from 'undici';
import { cutOff, type Cut } from './postback-cut.js';
import type { PostbackOutcome } from './model.js';
import type { Clock } from './clock.js';

type Plain = string | number | boolean;

/** Names to values; a list repeats the name. */
export type PostbackFields = Readonly<Record<string, Plain | readonly Plain[]>>;

/** Where the parameters stand. Observed: form-encoded; receivers accept the query string too. */
export type PostbackForm = 'form' | 'query' | 'json';

const DEADLINE_MS = 10_000;

/** Sends one PostBack as Invoice Cloud does: unsigned. */
export class PostbackSender {
  private readonly agent = new Agent();

  /** Never throws: a receiver that fails is an outcome. */
  async send(url: string, fields: PostbackFields, way: PostbackForm | Cut, clock: Clock): Promise<PostbackOutcome> {
    const at = clock.iso();
    try {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      if (isCut(way)) return await cutOff(new URL(url), encoded(fields).toString(), way, signal);
      const { target, type, body } = encode(url, fields, way);
      const answer = await request(target, {
        method: 'POST',
        headers: type === undefined ? {} : { 'content-type': type },
        body,
        dispatcher: this.agent,
        signal,
      });
      await answer.body.dump();
      return { at, status: answer.statusCode, error: null };
    } catch (error) {
      return { at, status: null, error: errorName(error) };
    }
  }

  /** Cuts what is under way, which becomes an outcome too. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

export function isCut(way: PostbackForm | Cut): way is Cut {
  return way === 'half-body' || way === 'reset' || way === 'answer-lost';
}

function encoded(fields: PostbackFields): URLSearchParams {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'object' ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs);
}

function encode(url: string, fields: PostbackFields, form: PostbackForm) {
  if (form === 'json') return { target: url, type: 'application/json', body: JSON.stringify(fields) };
  if (form === 'form') {
    return { target: url, type: 'application/x-www-form-urlencoded', body: encoded(fields).toString() };
  }
  const target = new URL(url);
  for (const [name, value] of encoded(fields)) target.searchParams.append(name, value);
  return { target: target.href, type: undefined, body: undefined };
}

export function errorName(error: unknown): string {
  // Not by instanceof: Node's own errors are of another realm inside a test runner.
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error';
}
