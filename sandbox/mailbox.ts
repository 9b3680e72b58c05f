import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { facts, html, layout, type Html } from './html.js';
import { readMail } from './mime.js';
import { showTool } from './portal.js';

/** No larger mail is taken. */
export const MAIL_BYTES = 256 * 1024;
/** The oldest go. */
const MAILS_KEPT = 200;

export interface Mail {
  readonly id: string;
  /** The envelope's sender and recipients, which a mail's own headers need not tell. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly receivedAt: string;
}

/** Every mail that came, newest first. */
export class Mailbox {
  private mails: readonly Mail[] = [];

  receive({ from, to }: Pick<Mail, 'from' | 'to'>, raw: string): void {
    this.write({ from, to, ...readMail(raw) });
  }

  /** One that the sandbox writes itself. */
  write(mail: Omit<Mail, 'id' | 'receivedAt'>): void {
    const received = { id: randomUUID(), ...mail, receivedAt: new Date().toISOString() };
    this.mails = [received, ...this.mails].slice(0, MAILS_KEPT);
  }

  /** Those to one address, without regard to case, or all. */
  list(to?: string): readonly Mail[] {
    const wanted = to?.toLowerCase();
    return this.mails.filter((mail) => wanted === undefined || mail.to.some((one) => one.toLowerCase() === wanted));
  }

  clear(): void {
    this.mails = [];
  }
}

/** The page for people, and the same for tests. */
export function mailbox(app: FastifyInstance, mails: Mailbox): void {
  app.get('/mailbox', (_request, reply) => showTool(reply, 200, mailboxPage(mails.list())));

  app.get<{ Querystring: { to?: string | string[] } }>('/_sandbox/mailbox', (request) =>
    mails.list([request.query.to].flat()[0]),
  );

  app.delete('/_sandbox/mailbox', (_request, reply) => {
    mails.clear();
    return reply.code(204).send();
  });
}

function mailboxPage(mails: readonly Mail[]): string {
  return layout(
    'Mailbox',
    'Billbridge sandbox',
    html`<p class="lead">Every mail that was sent to the sandbox, newest first. None was delivered to anybody. <a href="/">Start page</a></p>
      ${mails.length === 0 && html`<p class="card">No mail yet.</p>`}
      ${mails.map(
        (mail, index) =>
          html`<details class="card" ${index === 0 && html`open`}>
            <summary>${mail.subject || '(no subject)'} <span class="note">to ${mail.to.join(', ')}</span></summary>
            ${facts([
              ['From', mail.from || '(nobody)'],
              ['To', mail.to.join(', ')],
              ['Received', mail.receivedAt],
            ])}
            <pre class="letter">${linked(mail.text)}</pre>
          </details>`,
      )}`,
  );
}

/** Only http and https become links. A dot or bracket at the end is the sentence's and not the address's. */
function linked(text: string): readonly (Html | string)[] {
  return text
    .split(/(https?:\/\/[^\s<>"'()]*[^\s<>"'().,;:!?])/)
    .map((piece, index) =>
      index % 2 === 0 ? piece : html`<a href="${piece}" target="_blank" rel="noreferrer">${piece}</a>`,
    );
}
