import { Inject, Injectable, OnApplicationShutdown } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { AddressRefused, guardedLookup, refuseUrl } from '../common/outbound-url.js';
import { CONFIG, type Config } from '../config/config.js';

export interface Message {
  /** Stable over all attempts; the receiver drops repeats by it. */
  readonly id: string;
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  /** `whsec_…` */
  readonly secret: string;
}

export type Outcome =
  | { readonly delivered: true; readonly status: number }
  | { readonly delivered: false; readonly status: number | null; readonly error: string };

/** Makes one attempt: signs by the Standard Webhooks specification, posts, and says what came of it. */
@Injectable()
export class Sender implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.agent = new Agent({
      connections: 16,
      pipelining: 1,
      connect: { timeout: 5_000, lookup: guardedLookup(config.urlPolicy) },
    });
  }

  async send(message: Message, now: Date): Promise<Outcome> {
    // Judged again at every attempt: the policy may be stricter than when the URL was taken.
    const refused = refuseUrl(message.url, this.config.urlPolicy);
    if (refused) return { delivered: false, status: null, error: `the URL ${refused}` };
    try {
      const answer = await request(message.url, {
        dispatcher: this.agent,
        method: 'POST',
        headers: {
          'content-type': message.contentType,
          'user-agent': 'Billbridge/1 (relay)',
          'webhook-id': message.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': new Webhook(message.secret).sign(message.id, now, message.body),
        },
        body: message.body,
        signal: AbortSignal.timeout(this.config.relay.timeoutMs),
      });
      await answer.body.dump({ limit: 16_384 });
      const { statusCode: status } = answer;
      if (status >= 200 && status < 300) return { delivered: true, status };
      return { delivered: false, status, error: `the partner answered ${status}` };
    } catch (error) {
      return { delivered: false, status: null, error: reasonOf(error) };
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message;
  const { code, name } = (error ?? {}) as { code?: string; name?: string };
  if (name === 'TimeoutError') return 'no answer within the deadline';
  return `no connection (${code ?? name ?? 'unknown'})`;
}
