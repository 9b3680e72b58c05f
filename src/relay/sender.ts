import { Inject, Injectable, OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import { AddressRefused, guardedLookup, refuseUrl } from '../common/outbound-url.js';
import { Deadline } from '../common/deadline.js';
import { exchangeOver, NeverSent } from '../common/http-exchange.js';
import { CONFIG, type Config } from '../config/config.js';
import { readRetryAfter } from './retry-schedule.js';
import { signaturesOf } from './signatures.js';

/** Bytes of an answer that are kept. */
const KEPT_BYTES = 1024;
/** Bytes that are read of an answer, so that its connection can be used again. */
const MOST_BYTES = 16_384;

export interface Message {
  /** Stable over all attempts; the receiver drops repeats by it. */
  readonly id: string;
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  /** All that are in force: `whsec_…` and `whsk_…`. */
  readonly secrets: readonly string[];
}

export type Outcome =
  | { readonly delivered: true; readonly status: number; readonly answer: string }
  | {
      readonly delivered: false;
      /** Null: no answer. */
      readonly status: number | null;
      readonly error: string;
      readonly answer?: string;
      /** Seconds. */
      readonly retryAfter?: number | undefined;
      /** Whether the endpoint was called at all. */
      readonly sent: boolean;
    };

/** Makes one attempt: signs by the Standard Webhooks specification, posts, and says what came of it. */
@Injectable()
export class Sender implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.agent = new Agent({
      // Of one origin. Partners may share a host, so that the limits are the bulkheads' alone.
      connections: config.relay.concurrency,
      pipelining: 1,
      connect: { timeout: 5_000, lookup: guardedLookup(config.urlPolicy) },
    });
  }

  async send(message: Message, now: Date): Promise<Outcome> {
    // Judged again at every attempt: the policy may be stricter than when the URL was taken.
    const refused = refuseUrl(message.url, this.config.urlPolicy);
    if (refused) return { delivered: false, status: null, error: `the URL ${refused}`, sent: false };
    try {
      // One deadline for connecting, sending, waiting and reading.
      using deadline = new Deadline(this.config.relay.timeoutMs);
      const request = {
        method: 'POST',
        url: message.url,
        headers: {
          'content-type': message.contentType,
          'user-agent': 'Billbridge/1 (relay)',
          'webhook-id': message.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signaturesOf(message.secrets, message.id, now, message.body),
        },
        body: message.body,
      } as const;
      const { status, headers, body } = await exchangeOver(this.agent, request, deadline.signal, MOST_BYTES);
      const answer = beginningOf(body);
      if (status >= 200 && status < 300) return { delivered: true, status, answer };
      const asked = headers['retry-after'];
      const retryAfter = readRetryAfter(Array.isArray(asked) ? asked[0] : asked, new Date());
      return { delivered: false, status, error: `the partner answered ${status}`, answer, retryAfter, sent: true };
    } catch (thrown) {
      const error = thrown instanceof NeverSent ? thrown.cause : thrown;
      return { delivered: false, status: null, error: reasonOf(error), sent: !(error instanceof AddressRefused) };
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}

/** The first KiB as text, without what no text column takes. */
const beginningOf = (body: Buffer): string => body.subarray(0, KEPT_BYTES).toString('utf8').replaceAll('\u0000', '');

function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message;
  const { code, name } = (error ?? {}) as { code?: string; name?: string };
  if (name === 'TimeoutError') return 'no answer within the deadline';
  return `no connection (${code ?? name ?? 'unknown'})`;
}
