import { Mailbox } from './mailbox.js';
import { createServer } from './server.js';
import { SmtpServer } from './smtp.js';

export interface SandboxOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Origin under which payers reach it, where that is not the address it listens on (a container, a proxy). */
  readonly publicUrl?: string;
  /** Where mails are received; 0 takes a free port. Absent: nowhere. */
  readonly smtpPort?: number;
  /** Takes one line per request, without query, body or token. Off by default. */
  readonly log?: (line: string) => void;
}

export interface Sandbox {
  /** The address it listens on. */
  readonly url: string;
  /** `smtp://127.0.0.1:<port>`, or null where it takes no mail. */
  readonly smtpUrl: string | null;
  close(): Promise<void>;
}

/** Starts a pretend Invoice Cloud. Throws with code EADDRINUSE and the `port` where one is taken. */
export async function startSandbox({
  port,
  host = '127.0.0.1',
  publicUrl,
  smtpPort,
  log,
}: SandboxOptions): Promise<Sandbox> {
  const origin = publicUrl === undefined ? undefined : originOf(publicUrl);
  let url = '';
  const mails = new Mailbox();
  const app = createServer({ publicUrl: () => origin ?? url, mails, log });
  const smtp = new SmtpServer(mails);
  let smtpUrl: string | null = null;
  try {
    await app.listen({ port, host });
    if (smtpPort !== undefined) smtpUrl = `smtp://${reachable(host)}:${await smtp.listen(smtpPort, host)}`;
  } catch (error) {
    await app.close();
    throw error;
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no TCP address.');
  url = `http://${reachable(host)}:${address.port}`;
  return {
    url,
    smtpUrl,
    close: async () => {
      await smtp.close();
      await app.close();
    },
  };
}

/** Pages link to each other from the root, so that a public URL can have no path. */
function originOf(publicUrl: string): string {
  const url = URL.parse(publicUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new TypeError('The public URL must be http(s)://host[:port], without a path.');
  }
  return url.origin;
}

/** The address that a browser on this machine can open for a host to bind to. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
