import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { MAIL_BYTES, type Mailbox } from './mailbox.js';

const RECIPIENTS = 100;
const COMMAND_BYTES = 2048;
const IDLE_MS = 60_000;
const CONNECTIONS = 50;

/**
 * A mail server that delivers nothing: whatever comes is kept for the mailbox page. RFC 5321 as far as a client needs
 * it; no authentication and no TLS, so it is for one machine or one container network only.
 */
export class SmtpServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(mailbox: Mailbox) {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      new Conversation(socket, mailbox);
    });
    this.server.maxConnections = CONNECTIONS;
  }

  /** The port it listens on; 0 takes a free one. */
  async listen(port: number, host: string): Promise<number> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

interface Envelope {
  readonly from: string;
  readonly to: string[];
}

/** What one client says, line by line. */
class Conversation {
  private pending = '';
  private greeted = false;
  private envelope?: Envelope;
  /** The mail's lines, while they come. */
  private lines?: string[];
  private bytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly mailbox: Mailbox,
  ) {
    // One character for each byte: what they mean is for the mail's own headers to say.
    socket.setEncoding('latin1');
    socket.setTimeout(IDLE_MS, () => socket.end('421 You were silent for too long\r\n'));
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => this.take(text));
    this.say('220 Billbridge sandbox, which delivers nothing');
  }

  private take(text: string): void {
    this.pending += text;
    let end: number;
    while (!this.socket.writableEnded && (end = this.pending.indexOf('\r\n')) >= 0) {
      const line = this.pending.slice(0, end);
      this.pending = this.pending.slice(end + 2);
      if (this.lines) this.takeMailLine(line);
      else if (line.length > COMMAND_BYTES) this.refuseLine();
      else this.obey(line);
    }
    if (this.pending.length > (this.lines ? MAIL_BYTES : COMMAND_BYTES)) this.refuseLine();
  }

  private refuseLine(): void {
    this.socket.end('500 The line is too long\r\n');
  }

  private obey(line: string): void {
    const [, verb = '', rest = ''] = /^([a-z]+) *(.*)$/i.exec(line) ?? [];
    switch (verb.toUpperCase()) {
      case 'HELO':
        return this.greet('250 sandbox');
      case 'EHLO':
        return this.greet(`250-sandbox\r\n250-SIZE ${MAIL_BYTES}\r\n250 8BITMIME`);
      case 'MAIL':
        return this.mail(rest);
      case 'RCPT':
        return this.recipient(rest);
      case 'DATA':
        return this.data();
      case 'RSET':
        this.envelope = undefined;
        return this.say('250 Forgotten');
      case 'NOOP':
        return this.say('250 Done');
      case 'QUIT':
        this.socket.end('221 Goodbye\r\n');
        return;
      default:
        return this.say('502 The sandbox does not know this command');
    }
  }

  private greet(answer: string): void {
    this.greeted = true;
    this.envelope = undefined;
    this.say(answer);
  }

  private mail(rest: string): void {
    const [, from, parameters = ''] = /^FROM: *<([^<>]*)>(.*)$/i.exec(rest) ?? [];
    if (!this.greeted || this.envelope) return this.say('503 Not now');
    if (from === undefined) return this.say('501 MAIL FROM:<address>');
    if (Number(/ SIZE=(\d+)/i.exec(parameters)?.[1] ?? 0) > MAIL_BYTES) return this.say('552 The mail is too large');
    this.envelope = { from, to: [] };
    this.say('250 Sender taken');
  }

  private recipient(rest: string): void {
    const [, to] = /^TO: *<([^<>\s]+)>/i.exec(rest) ?? [];
    if (!this.envelope) return this.say('503 MAIL FROM comes first');
    if (to === undefined) return this.say('501 RCPT TO:<address>');
    if (this.envelope.to.length >= RECIPIENTS) return this.say('452 Too many recipients');
    this.envelope.to.push(to);
    this.say('250 Recipient taken');
  }

  private data(): void {
    if (!this.envelope || this.envelope.to.length === 0) return this.say('503 RCPT TO comes first');
    this.lines = [];
    this.bytes = 0;
    this.say('354 End with a line that holds a dot alone');
  }

  private takeMailLine(line: string): void {
    if (line === '.') return this.endMail();
    // The client doubled a dot at a line's start, so that the line could not end the mail.
    const content = line.startsWith('.') ? line.slice(1) : line;
    this.bytes += content.length + 2;
    // Read on to the end: an answer in the midst of the mail would be taken for the answer to it.
    if (this.bytes <= MAIL_BYTES) this.lines?.push(content);
  }

  private endMail(): void {
    const { lines = [], envelope } = this;
    this.lines = undefined;
    this.envelope = undefined;
    if (!envelope || this.bytes > MAIL_BYTES) return this.say('552 The mail is too large');
    this.mailbox.receive(envelope, lines.join('\r\n'));
    this.say('250 Kept');
  }

  private say(answer: string): void {
    this.socket.write(`${answer}\r\n`);
  }
}
