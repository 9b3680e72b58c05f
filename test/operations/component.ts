import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, type Folder } from './folder.js';
import type { Account } from './packages.js';
import { sleep } from '../chaos/time.js';

export interface Program {
  /** Names its log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly account?: Account | undefined;
}

/** A program that is started, killed and started again; its output goes to a log in the run's folder. */
export class Component {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  readonly logFile: string;

  constructor(
    private readonly folder: Folder,
    private readonly program: Program,
  ) {
    this.logFile = join(folder.path, `${program.name}.log`);
  }

  start(): void {
    const { command, args, env, account } = this.program;
    const log = openSync(this.logFile, 'a', 0o600);
    const child = spawn(command, [...args], {
      ...(account && { uid: account.uid, gid: account.gid }),
      cwd: '/',
      // By the folder in it, the janitor knows what is ours.
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', OPERATIONS_FOLDER: this.folder.path, ...env },
      stdio: ['ignore', log, log],
      // Ctrl-C is for us, who then end everything in order.
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.ended = new Promise((done) => {
      child.once('exit', () => done());
      child.once('error', () => done());
    });
  }

  get pid(): number | undefined {
    return this.runs ? this.child?.pid : undefined;
  }

  get runs(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== undefined) kill(pid, signal);
  }

  /** Resolves when it has ended; after `patienceMs` by SIGKILL. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 15_000): Promise<void> {
    if (!this.runs) return;
    this.signal(signal);
    await Promise.race([this.ended, sleep(patienceMs, undefined, { ref: false })]);
    this.signal('SIGKILL');
    await this.ended;
  }

  /** The last lines that it wrote. */
  tail(lines = 15): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
