import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { exchangeOver, type HttpRequest } from '../common/http-exchange.js';
import { guardedLookup, type UrlPolicy } from '../common/outbound-url.js';

/** Invoice Cloud's answers are small; more than this is not one of them. Bytes. */
const MOST_BYTES = 1_048_576;

/**
 * All billers share one origin. So many of them must hang at once, with all the calls that their bulkheads allow, before
 * another one waits for a connection; by then the breakers of the first are open.
 */
const HANGING_BILLERS = 32;

declare module 'axios' {
  interface AxiosRequestConfig {
    /** In place of `signal`: axios would turn whatever we throw after its end into an error of its own. */
    deadline?: AbortSignal;
  }
}

export class BodyTooLarge extends Error {}

/** Keep-alive connections to Invoice Cloud, kept per origin. */
export function invoiceCloudAgent(
  policy: UrlPolicy,
  trustedHost: string,
  { timeoutMs, concurrency }: { readonly timeoutMs: number; readonly concurrency: number },
): Agent {
  const open = buildConnector({ timeout: 5_000, keepAlive: true, allowH2: false });
  const openGuarded = buildConnector({
    timeout: 5_000,
    keepAlive: true,
    allowH2: false,
    lookup: guardedLookup(policy),
  });
  return new Agent({
    connections: HANGING_BILLERS * concurrency,
    pipelining: 1,
    // One connection for all would let one biller's hanging calls stand before the others'.
    allowH2: false,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // The operator's own INVOICE_CLOUD_URL may be a private host; a biller's may not.
    connect: (options, callback) => (options.hostname === trustedHost ? open : openGuarded)(options, callback),
  });
}

/**
 * axios over undici: `@nestjs/axios` stays the client, at undici's price (measured: twice axios' own http adapter).
 * The config's deadline covers the whole exchange, the body included.
 * @throws NeverSent, BodyTooLarge, and whatever breaks a connection
 */
export const undiciAdapter =
  (agent: Dispatcher) =>
  async (config: InternalAxiosRequestConfig): Promise<AxiosResponse<string>> => {
    const request = {
      method: (config.method ?? 'get').toUpperCase() as HttpRequest['method'],
      url: config.url ?? '',
      headers: config.headers.toJSON() as Record<string, string>,
      body: (config.data as string | undefined) ?? null,
    } as const;
    const { status, headers, body, cut } = await exchangeOver(
      agent,
      request,
      config.deadline ?? AbortSignal.abort(),
      MOST_BYTES,
    );
    if (cut) throw new BodyTooLarge();
    const retryAfter = headers['retry-after'];
    return {
      data: body.toString('utf8'),
      status,
      statusText: '',
      headers: typeof retryAfter === 'string' ? { 'retry-after': retryAfter } : {},
      config,
    };
  };
