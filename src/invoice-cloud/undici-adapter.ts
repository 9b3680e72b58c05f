import { Agent, buildConnector, request as undiciRequest, type Dispatcher } from 'undici';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { guardedLookup, type UrlPolicy } from '../common/outbound-url.js';

/** Invoice Cloud's answers are small; more than this is not one of them. Bytes. */
const MOST_BYTES = 1_048_576;

export class BodyTooLarge extends Error {}

/** Keep-alive connections to Invoice Cloud, kept per origin. */
export function invoiceCloudAgent(policy: UrlPolicy, trustedHost: string, timeoutMs: number): Agent {
  const open = buildConnector({ timeout: 5_000, keepAlive: true });
  const openGuarded = buildConnector({ timeout: 5_000, keepAlive: true, lookup: guardedLookup(policy) });
  return new Agent({
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // The operator's own INVOICE_CLOUD_URL may be a private host; a biller's may not.
    connect: (options, callback) => (options.hostname === trustedHost ? open : openGuarded)(options, callback),
  });
}

/**
 * axios over undici: `@nestjs/axios` stays the client, at undici's price (measured: twice axios' own http adapter).
 * The config's signal covers the whole exchange, the body included. Redirects are not followed: a credential goes to
 * the address that was configured and to no other.
 */
export function undiciAdapter(dispatcher: Dispatcher) {
  return async (config: InternalAxiosRequestConfig): Promise<AxiosResponse<string>> => {
    const answer = await undiciRequest(config.url ?? '', {
      dispatcher,
      method: (config.method ?? 'GET').toUpperCase(),
      headers: config.headers.toJSON() as Record<string, string>,
      body: (config.data as string | undefined) ?? null,
      signal: config.signal as AbortSignal,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += (chunk as Buffer).length;
      if (size > MOST_BYTES) throw new BodyTooLarge();
      chunks.push(chunk as Buffer);
    }
    return {
      data: Buffer.concat(chunks).toString('utf8'),
      status: answer.statusCode,
      statusText: '',
      headers: {},
      config,
    };
  };
}
