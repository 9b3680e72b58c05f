import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { NeverSent } from '../common/http-exchange.js';
import { type Exchanged, type Failure, retryAfterMsOf } from './failure.js';
import { BodyTooLarge } from './undici-adapter.js';

export interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether a 5xx is an answer all the same: a SOAP fault that says that the request is at fault. */
  readonly isAnswer?: (body: string) => boolean;
}

/** One request and its answer, or why there is none. */
@Injectable()
export class Exchange {
  constructor(private readonly http: HttpService) {}

  /** @param deadline of the whole call, the reading of the body included */
  async run(request: WireRequest, deadline: AbortSignal): Promise<Exchanged> {
    try {
      const { status, data, headers } = await this.http.axiosRef.request<string>({
        method: request.method,
        url: request.url,
        headers: { ...request.headers },
        data: request.body,
        deadline,
        // axios would otherwise try to parse, decide about status and follow redirects itself.
        transformRequest: [(body: unknown) => body],
        transformResponse: [(body: unknown) => body],
        validateStatus: () => true,
      });
      // 408 is no refusal: a proxy may give up on a request that is done behind it.
      if (status === 408 || status === 429 || (status >= 500 && !request.isAnswer?.(data))) {
        return { failure: { kind: 'status', status, retryAfterMs: retryAfterMsOf(headers['retry-after']) } };
      }
      return { answer: { status, data } };
    } catch (error) {
      return { failure: failureOf(error, deadline.aborted) };
    }
  }
}

function failureOf(error: unknown, late: boolean): Failure {
  if (error instanceof BodyTooLarge) return { kind: 'too-large' };
  const sent = !(error instanceof NeverSent);
  const code = codeOf(sent ? error : error.cause);
  // A connection that does not come about in five seconds is no late answer: there is time to try again.
  if (late || (sent && /TIMEOUT|TimeoutError/.test(code))) return { kind: 'timeout', sent };
  return { kind: 'connection', sent, code };
}

const codeOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
};
