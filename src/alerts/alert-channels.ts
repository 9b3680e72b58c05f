import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Agent } from 'undici';
import { Deadline } from '../common/deadline.js';
import { exchangeOver, NeverSent } from '../common/http-exchange.js';
import { AddressRefused, guardedLookup, refuseUrl } from '../common/outbound-url.js';
import { PlatformError } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { Mailer } from '../mail/mailer.js';
import { type AlertMessage, bodyOf, mailOf } from './alert-message.js';

export type ChannelName = 'ALERT_URL' | 'ALERT_MAIL';

export interface Sent {
  readonly channel: ChannelName;
  readonly sent: boolean;
  /** What came of it. Never holds the address. */
  readonly detail: string;
}

/** Of one message, over either way. */
const DEADLINE_MS = 10_000;
/** Bytes that are read of an answer, so that its connection can be used again. */
const MOST_BYTES = 16_384;

/** The ways out for alerts: a signed webhook (Standard Webhooks), and mail. */
@Injectable()
export class AlertChannels implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly mailer: Mailer,
  ) {
    this.agent = new Agent({ connect: { timeout: 5_000, lookup: guardedLookup(config.urlPolicy) } });
  }

  get names(): readonly ChannelName[] {
    const { url, mail } = this.config.alerts;
    return [...(url ? ['ALERT_URL' as const] : []), ...(mail ? ['ALERT_MAIL' as const] : [])];
  }

  /** Sends it every way that is set, at the same time. Never throws. */
  async send(message: AlertMessage): Promise<readonly Sent[]> {
    return Promise.all(
      this.names.map(async (channel) => ({
        channel,
        ...(await (channel === 'ALERT_URL' ? this.post(message) : this.mail(message))),
      })),
    );
  }

  private async post(message: AlertMessage): Promise<Omit<Sent, 'channel'>> {
    const { url = '', secret } = this.config.alerts;
    const refused = refuseUrl(url, this.config.urlPolicy);
    if (refused) return { sent: false, detail: `the URL ${refused}` };
    const now = new Date();
    const body = bodyOf(message, this.config.publicUrl, now);
    try {
      using deadline = new Deadline(DEADLINE_MS);
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Billbridge/1 (alerts)',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(message.id, now, body),
      };
      const { status } = await exchangeOver(
        this.agent,
        { method: 'POST', url, headers, body },
        deadline.signal,
        MOST_BYTES,
      );
      return { sent: status >= 200 && status < 300, detail: `answered ${status}` };
    } catch (thrown) {
      return { sent: false, detail: reasonOf(thrown instanceof NeverSent ? thrown.cause : thrown) };
    }
  }

  private async mail(message: AlertMessage): Promise<Omit<Sent, 'channel'>> {
    const { mail = '' } = this.config.alerts;
    const late = new AbortController();
    try {
      const sent = this.mailer
        .send(mailOf(mail, message, this.config.publicUrl))
        .then(() => ({ sent: true, detail: 'the mail server took it' }));
      const waited = sleep(
        DEADLINE_MS,
        { sent: false, detail: 'no answer within the deadline' },
        { signal: late.signal },
      );
      return await Promise.race([sent, waited]);
    } catch (error) {
      return { sent: false, detail: error instanceof PlatformError ? error.type.title : reasonOf(error) };
    } finally {
      late.abort();
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
