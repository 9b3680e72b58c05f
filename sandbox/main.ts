import { startSandbox, type Sandbox } from './sandbox.js';

const port = Number(process.env.SANDBOX_PORT || 4010);
const smtpPort = Number(process.env.SANDBOX_SMTP_PORT || 4025);
const host = process.env.HOST || '127.0.0.1';
const publicUrl = process.env.SANDBOX_PUBLIC_URL || undefined;
const log = process.env.SANDBOX_LOG === '1' ? (line: string) => console.log(line) : undefined;

let sandbox: Sandbox;
try {
  if (!isPort(port)) throw new Error('SANDBOX_PORT must be a port, 0 to 65535.');
  if (!isPort(smtpPort)) throw new Error('SANDBOX_SMTP_PORT must be a port, 0 to 65535.');
  sandbox = await startSandbox({ port, host, publicUrl, smtpPort, log });
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
console.log(`Invoice Cloud sandbox: ${sandbox.url}${publicUrl === undefined ? '' : ` (payers: ${publicUrl})`}`);
console.log(`Mail: ${sandbox.smtpUrl}, read at ${sandbox.url}/mailbox`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'The sandbox could not start.';
  const code = 'code' in error ? error.code : undefined;
  const isMail = 'port' in error && error.port === smtpPort && smtpPort !== port;
  const [taken, setting] = isMail ? [smtpPort, 'SANDBOX_SMTP_PORT'] : [port, 'SANDBOX_PORT'];
  if (code === 'EADDRINUSE') return `Port ${taken} is taken. Set ${setting} to a free one.`;
  if (code === 'EACCES') return `Port ${taken} may not be opened by this user. Set ${setting} to another.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'HOST is no address of this machine.';
  return error instanceof TypeError ? `SANDBOX_PUBLIC_URL: ${error.message}` : error.message;
}
