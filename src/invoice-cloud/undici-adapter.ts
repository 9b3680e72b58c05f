import { Agent, buildConnector, request as undiciRequest, type Dispatcher } from 'undici';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
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

/** The request certainly never left: there was no connection, or not in time. The cause says why. */
export class NeverSent extends Error {
  constructor(override readonly cause: unknown) {
    super('never sent', { cause });
  }
}

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

interface Mark {
  sent: boolean;
  readonly deadline: AbortSignal;
}

/**
 * Marks a request as its first byte is about to be written. Until then, whatever goes wrong, nobody has seen it; and one
 * whose deadline is over by then is not written.
 */
const marking: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const mark = (options as { opaque?: unknown }).opaque as Mark;
  return dispatch(options, {
    onRequestStart: (controller, context) => {
      mark.sent ||= !mark.deadline.aborted;
      handler.onRequestStart?.(controller, context);
    },
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  });
};

/**
 * axios over undici: `@nestjs/axios` stays the client, at undici's price (measured: twice axios' own http adapter).
 * The config's deadline covers the whole exchange, the body included. Redirects are not followed: a credential goes to
 * the address that was configured and to no other.
 * @throws NeverSent, BodyTooLarge, and whatever breaks a connection
 */
export function undiciAdapter(agent: Dispatcher) {
  const dispatcher = agent.compose(marking);
  return async (config: InternalAxiosRequestConfig): Promise<AxiosResponse<string>> => {
    const mark: Mark = { sent: false, deadline: config.deadline ?? AbortSignal.abort() };
    try {
      return await Promise.race([exchange(dispatcher, config, mark), lateForConnection(mark)]);
    } catch (error) {
      throw mark.sent ? error : new NeverSent(error);
    }
  };
}

/** undici looks at the signal of a request only once it has a connection, and all of them may be taken. */
const lateForConnection = (mark: Mark): Promise<never> =>
  new Promise((_, reject) => {
    const refuse = () => mark.sent || reject(mark.deadline.reason as Error);
    mark.deadline.addEventListener('abort', refuse, { once: true });
  });

async function exchange(
  dispatcher: Dispatcher,
  config: InternalAxiosRequestConfig,
  opaque: Mark,
): Promise<AxiosResponse<string>> {
  const answer = await undiciRequest(config.url ?? '', {
    dispatcher,
    opaque,
    method: (config.method ?? 'GET').toUpperCase(),
    headers: config.headers.toJSON() as Record<string, string>,
    body: (config.data as string | undefined) ?? null,
    signal: opaque.deadline,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw new BodyTooLarge();
    chunks.push(chunk as Buffer);
  }
  const retryAfter = answer.headers['retry-after'];
  return {
    data: Buffer.concat(chunks).toString('utf8'),
    status: answer.statusCode,
    statusText: '',
    headers: typeof retryAfter === 'string' ? { 'retry-after': retryAfter } : {},
    config,
  };
}
