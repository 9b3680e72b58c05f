import { Agent, request } from 'undici';
import type { LedgerEntry, PostbackOutcome } from './model.js';
import type { Biller, HostedPage } from './biller.js';

type Plain = string | number | boolean;

/** Names to values; a list repeats the name. */
export type PostbackFields = Readonly<Record<string, Plain | readonly Plain[]>>;

/** Where the parameters stand. Observed: form-encoded; receivers accept the query string too. */
export type PostbackForm = 'form' | 'query' | 'json';

const DEADLINE_MS = 10_000;

/** Sends PostBacks as Invoice Cloud does: unsigned and once (it is not known to retry). */
export class PostbackSender {
  private readonly agent = new Agent();

  /** Sends an attempt's PostBack and books the outcome. Nobody waits for it: the payer has the receipt before. */
  announce(page: HostedPage, entry: LedgerEntry): void {
    if (page.postBackUrl === undefined) return;
    const sending = this.send(page.postBackUrl, entry.parameters).then((outcome) => entry.postbacks.push(outcome));
    track(page.biller, sending);
  }

  /** Never throws: a receiver that fails is an outcome. */
  async send(url: string, fields: PostbackFields, form: PostbackForm = 'form'): Promise<PostbackOutcome> {
    const at = new Date().toISOString();
    try {
      const { target, type, body } = encode(url, fields, form);
      const answer = await request(target, {
        method: 'POST',
        headers: type === undefined ? {} : { 'content-type': type },
        body,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(DEADLINE_MS),
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

/** Resolves once the biller's PostBacks under way have their outcomes. */
export async function settled(biller: Biller): Promise<void> {
  while (biller.sending.size > 0) await Promise.all(biller.sending);
}

function track(biller: Biller, sending: Promise<unknown>): void {
  const tracked = sending.finally(() => biller.sending.delete(tracked));
  biller.sending.add(tracked);
}

function encode(url: string, fields: PostbackFields, form: PostbackForm) {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'object' ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
  if (form === 'json') return { target: url, type: 'application/json', body: JSON.stringify(fields) };
  if (form === 'form') {
    return { target: url, type: 'application/x-www-form-urlencoded', body: new URLSearchParams(pairs).toString() };
  }
  const target = new URL(url);
  for (const [name, value] of pairs) target.searchParams.append(name, value);
  return { target: target.href, type: undefined, body: undefined };
}

function errorName(error: unknown): string {
  // Not by instanceof: Node's own errors are of another realm inside a test runner.
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error';
}
