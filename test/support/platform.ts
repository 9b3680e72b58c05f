import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { stage } from './stage-facts.js';

export interface Platform {
  readonly url: string;
  readonly port: number;
  /** What it wrote to stdout and stderr so far. */
  readonly said: () => string;
  /** Sends it a signal that does not end it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it, by SIGTERM unless told otherwise. @returns its exit code; null when the signal killed it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Longer than any deadline that the tests give the platform for what is under way. */
const STOP_DEADLINE_MS = 20_000;

const running: ChildProcess[] = [];

/** A platform process of its own with the run's settings and these over them; undefined takes one away. */
export async function startPlatform(env: Readonly<Record<string, string | undefined>> = {}): Promise<Platform> {
  const port = Number(env['PORT'] ?? (await freePort()));
  const url = `http://127.0.0.1:${port}`;
  const { child, said, ended } = run({ PORT: String(port), PUBLIC_URL: url, ...stage.settings, ...env });
  await eventually(
    'the platform is ready',
    async () => {
      if (child.exitCode !== null) return true;
      return fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    60_000,
  );
  if (child.exitCode !== null) throw new Error(`The platform ended with ${child.exitCode}:\n${said()}`);
  return {
    url,
    port,
    said,
    signal: (signal) => void child.kill(signal),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      let hurry: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, fail) => {
        hurry = setTimeout(() => {
          child.kill('SIGKILL');
          fail(new Error(`The platform still ran ${STOP_DEADLINE_MS / 1000} s after ${signal}`));
        }, STOP_DEADLINE_MS);
      });
      return Promise.race([ended, late]).finally(() => clearTimeout(hurry));
    },
  };
}

/** A start that is expected to fail. @returns the exit code and what was said */
export async function startAndFail(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number | null; said: string }> {
  const { child, said, ended } = run(env);
  const hurry = setTimeout(() => child.kill('SIGKILL'), 25_000);
  const code = await ended;
  clearTimeout(hurry);
  return { code, said: said() };
}

/** To be called after the tests of a spec that starts platforms. */
export async function stopPlatforms(): Promise<void> {
  await Promise.all(
    running.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await new Promise((done) => child.once('exit', done));
    }),
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function run(env: Readonly<Record<string, string | undefined>>) {
  const child = spawn(process.execPath, ['--enable-source-maps', join(stage.rootDir, 'dist/src/main.js')], {
    cwd: stage.dataDir,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  // Holds a pipe from this worker: when the worker goes, however it goes, so does the platform.
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0" 2>/dev/null', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const ended = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      guard.kill('SIGKILL');
      done(code);
    });
  });
  return { child, said: () => output, ended };
}
