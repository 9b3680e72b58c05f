import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * What the end-to-end tests play on: PostgreSQL, the sandbox and the platform, all as they were built. A process of its
 * own, run by Node itself (hence nothing here that Node can't strip) and held by a pipe: when Jest goes, however it
 * goes, the pipe ends, and everything is stopped and removed. Prints one line of JSON when all is ready.
 */
const [rootDir = ''] = process.argv.slice(2);
const built = (path: string) => import(pathToFileURL(join(rootDir, 'dist', path)).href) as Promise<unknown>;

const closers: (() => Promise<unknown>)[] = [];
let closing: Promise<void> | undefined;
const close = () => (closing ??= closeAll());
process.stdin.resume().once('end', () => void close().then(() => process.exit()));
// A terminal's Ctrl-C goes to Jest; we follow when it has gone.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('SIGTERM', () => void close().then(() => process.exit()));

try {
  await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await close();
  process.exit(1);
}

async function start(): Promise<void> {
  const { startSandbox } = (await built('sandbox/sandbox.js')) as typeof import('../../sandbox/sandbox.js');

  const dataDir = await mkdtemp(join(tmpdir(), 'billbridge-test-'));
  // As root, so that PostgreSQL's own user gets to its data in there.
  await chmod(dataDir, 0o711);
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = await startDatabase(dataDir);
  const sandbox = await startSandbox({ port: 0 });
  closers.push(() => sandbox.close());

  const logFile = join(dataDir, 'platform.log');
  const settings = {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    ADMIN_KEY: `canary-admin-${randomBytes(24).toString('hex')}`,
    INVOICE_CLOUD_URL: sandbox.url,
    INVOICE_CLOUD_TIMEOUT_MS: '1500',
    RELAY_RETRY_SECONDS: '0.2,0.5,1',
    RELAY_TIMEOUT_MS: '5000',
    LOG_LEVEL: 'info',
  };
  const apiUrl = await startPlatform(settings, logFile, dataDir);
  process.stdout.write(
    `${JSON.stringify({ rootDir, dataDir, apiUrl, sandboxUrl: sandbox.url, logFile, settings } satisfies Stage)}\n`,
  );
}

/** A PostgreSQL of the run's own, or a database of its own on the server of DATABASE_URL. */
async function startDatabase(dataDir: string): Promise<string> {
  const server = process.env['DATABASE_URL']?.trim();
  if (server) {
    const { createOwnDatabase } = (await built(
      'local/own-database.js',
    )) as typeof import('../../local/own-database.js');
    const database = await createOwnDatabase(server, 'test');
    closers.push(database.drop);
    return database.url;
  }
  const { startEmbeddedPostgres, removeEmbeddedPostgres } = (await built(
    'src/database/embedded-postgres.js',
  )) as typeof import('../../src/database/embedded-postgres.js');
  closers.push(() => removeEmbeddedPostgres(dataDir));
  const postgres = await startEmbeddedPostgres({ dataDir });
  closers.push(() => postgres.stop());
  return postgres.url;
}

async function startPlatform(settings: Record<string, string>, logFile: string, dataDir: string): Promise<string> {
  const log = await open(logFile, 'a', 0o600);
  closers.push(() => log.close());
  // Somebody else may take the free port before the platform does.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, ['--enable-source-maps', join(rootDir, 'dist/src/main.js')], {
      cwd: dataDir,
      env: { PATH: process.env['PATH'], PORT: String(port), PUBLIC_URL: url, ...settings },
      stdio: ['ignore', log.fd, log.fd],
      // Not of the terminal's group: Ctrl-C must not end it before the tests that use it.
      detached: true,
    });
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    closers.push(async () => {
      child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(hurry);
    });
    for (const deadline = Date.now() + 60_000; child.exitCode === null && Date.now() < deadline;) {
      const ready = await fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready && child.exitCode === null) return url;
      await new Promise((done) => setTimeout(done, 50));
    }
    if (attempt === 3) throw new Error(`The platform did not start. Its log:\n${await said(logFile)}`);
  }
}

async function said(logFile: string): Promise<string> {
  const log = await open(logFile, 'r');
  const text = await log.readFile('utf8').finally(() => log.close());
  return text.split('\n').slice(-20).join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function closeAll(): Promise<void> {
  for (const closer of closers.splice(0).reverse()) {
    await closer().catch((error: unknown) => process.stderr.write(`test stage: ${String(error)}\n`));
  }
}

export interface Stage {
  readonly rootDir: string;
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** Everything that the platform wrote to stdout and stderr. */
  readonly logFile: string;
  /** The platform's environment, but for PORT and PUBLIC_URL. */
  readonly settings: Readonly<Record<string, string>>;
}
