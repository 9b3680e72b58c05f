import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of the build: this file lies in dist/test/chaos. */
export const DIST = join(import.meta.dirname, '../..');
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload/failpoints.js')).href;

export interface Started {
  readonly child: ChildProcess;
  /** The last that it wrote. */
  readonly said: () => string;
  /** Resolves with the signal that ended it, or null, when all that it wrote has been read. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

/** Starts a built program with our preload, by which it ends when we do, however that is. */
export function start(program: string, cwd: string, env: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, ['--import', PRELOAD, join(DIST, program)], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for us, who then end everything in order.
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4_000)));
  }
  // An order to one that has just died is no error.
  child.on('error', () => undefined);
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_code, signal) => done(signal)));
  return { child, said: () => said, ended };
}

/** @throws Error with what the program said, when it ends or `deadlineMs` pass before it says `word` */
export async function ready({ child, said, ended }: Started, word: RegExp, deadlineMs = 60_000): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const failed = (why: string) => new Error(`A process ${why}:\n${said()}`);
  const spoken = new Promise<void>((done) => {
    const look = () => {
      if (!word.test(said())) return;
      child.stdout?.off('data', look);
      done();
    };
    child.stdout?.on('data', look);
  });
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(failed('did not start in time')), deadlineMs);
  });
  const dead = ended.then(() => {
    throw failed('ended before it was ready');
  });
  await Promise.race([spoken, late, dead]).finally(() => clearTimeout(timer));
}

export async function stop({ child, ended }: Started, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const hurry = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(hurry);
}
