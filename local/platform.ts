import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { readPrivateJson, type LocalFacts } from './facts.js';
import { createOwnDatabase, type OwnDatabase } from './own-database.js';
import { freePorts } from './ports.js';

export interface Platform {
  readonly facts: LocalFacts;
  /** True when it was started for us and ends with us. */
  readonly own: boolean;
  /** The server of DATABASE_URL, when it runs there. */
  readonly server?: string;
  readonly stop: () => Promise<void>;
}

const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 30_000;
const PORTS = ['PORT', 'SANDBOX_PORT', 'SANDBOX_SMTP_PORT', 'PORTAL_MY360_PORT', 'PORTAL_LEADSONLINE_PORT'] as const;
/** What a platform of our own must not take over from the caller's environment. */
const CALLERS_OWN = [
  'NODE_ENV',
  'HOST',
  'DATABASE_URL',
  'ENCRYPTION_KEYS',
  'ADMIN_KEY',
  'PUBLIC_URL',
  'INVOICE_CLOUD_URL',
  'SMTP_URL',
];

/**
 * The platform that `npm start` runs here, or else one of our own; with a DATABASE_URL always one of our own, on that server.
 * @param onStart is given the way to stop the latter at once, so that it can be stopped while it still starts
 */
export async function findPlatform(onStart: (stop: () => Promise<void>) => void): Promise<Platform> {
  if (callersDatabase()) return startOwnPlatform(onStart);
  const file = resolve(process.env.DATA_DIR?.trim() || '.data', 'local.json');
  // A file that is not ours to read, or of no use, is the same as none.
  const facts = await readPrivateJson<LocalFacts>(file).catch(() => undefined);
  if (facts && (await isReady(facts.apiUrl))) return { facts, own: false, stop: () => Promise.resolve() };
  return startOwnPlatform(onStart);
}

async function isReady(apiUrl: string): Promise<boolean> {
  return fetch(`${apiUrl}/health/ready`, { signal: AbortSignal.timeout(3_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

const callersDatabase = (): string | undefined => process.env.DATABASE_URL?.trim() || undefined;

/**
 * As `npm start` does, on free ports and in a directory of its own, which goes with it. With a DATABASE_URL, its database is
 * one of its own on that server, which goes too.
 */
export async function startOwnPlatform(onStart: (stop: () => Promise<void>) => void): Promise<Platform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'billbridge-demo-'));
  // When we are root, PostgreSQL's own user can then keep the data here too; the secrets in it stay private.
  await chmod(dataDir, 0o711);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DATA_DIR: dataDir,
    ...(await freePorts(PORTS)),
  };
  for (const name of CALLERS_OWN) delete env[name];
  const databaseUrl = callersDatabase();
  const database = databaseUrl ? await createOwnDatabase(databaseUrl, 'demo') : undefined;
  if (database) env.DATABASE_URL = database.url;

  const child = spawn(process.execPath, ['--enable-source-maps', fileURLToPath(new URL('main.js', import.meta.url))], {
    env,
    // Where there is no .env; and a channel whose end tells it that we have gone, however we went.
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4_000)));
  }
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= stopChild(child, dataDir, database));
  onStart(stop);

  try {
    await new Promise<void>((done, fail) => {
      child.once('message', () => done());
      child.once('error', fail);
      child.once('exit', () => fail(new Error(`the platform did not start:\n${said.trim()}`)));
      setTimeout(
        () => fail(new Error(`the platform was not ready in time:\n${said.trim()}`)),
        START_DEADLINE_MS,
      ).unref();
    });
    const facts = await readPrivateJson<LocalFacts>(join(dataDir, 'local.json'));
    if (!facts) throw new Error('the platform wrote no local.json');
    return { facts, own: true, ...(database && { server: database.server }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopChild(child: ChildProcess, dataDir: string, database: OwnDatabase | undefined): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const hurry = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(hurry);
  }
  await database?.drop();
  await removeEmbeddedPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
}
