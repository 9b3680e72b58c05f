import { startSandbox, type Sandbox } from './sandbox.js';

const port = Number(process.env.SANDBOX_PORT || 4010);
const host = process.env.HOST || '127.0.0.1';
const publicUrl = process.env.SANDBOX_PUBLIC_URL || undefined;
const log = process.env.SANDBOX_LOG === '1' ? (line: string) => console.log(line) : undefined;

let sandbox: Sandbox;
try {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('SANDBOX_PORT must be a port, 0 to 65535.');
  sandbox = await startSandbox({ port, host, publicUrl, log });
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
console.log(`Invoice Cloud sandbox: ${sandbox.url}${publicUrl === undefined ? '' : ` (payers: ${publicUrl})`}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'The sandbox could not start.';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Set SANDBOX_PORT to a free one.`;
  if (code === 'EACCES') return `Port ${port} may not be opened by this user. Set SANDBOX_PORT to another.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'HOST is no address of this machine.';
  return error instanceof TypeError ? `SANDBOX_PUBLIC_URL: ${error.message}` : error.message;
}
