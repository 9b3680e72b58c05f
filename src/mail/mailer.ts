import { Inject, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';
import { MailNotSent } from './errors.js';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Plain-text mail by SMTP. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly logger = new Logger('mail');
  private readonly transport: Transporter | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    const { smtpUrl } = config.mail;
    this.transport = smtpUrl
      ? createTransport({ url: smtpUrl, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 })
      : undefined;
  }

  /** @throws MailNotSent when no SMTP server is set, or it does not take the mail */
  async send(mail: Mail): Promise<void> {
    if (!this.transport) throw new MailNotSent('The operator sets SMTP_URL; without it nobody can be asked by mail.');
    try {
      await this.transport.sendMail({ from: this.config.mail.from, ...mail });
    } catch (error) {
      // The server's words may quote the address.
      this.logger.error(traceOf(error), 'mail not sent');
      throw new MailNotSent('The mail server did not take the mail. Nothing was changed; try again.', {
        retryAfter: 60,
      });
    }
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}
