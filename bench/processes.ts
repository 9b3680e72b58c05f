import { fork, type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Of the build: this file lies in dist/bench. */
const DIST = join(import.meta.dirname, '..');
const READY_WITHIN_MS = 60_000;

export interface Wanted {
  readonly name: string;
  /** Of the build. */
  readonly program: string;
  /** Where it writes to. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
}

/** A process of the bench: a contestant, or one that plays the others. It ends when we do. */
export class Process {
  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    readonly logFile: string,
    private readonly log: FileHandle,
  ) {}

  /** What it says goes to a file, as an operator would have it. */
  static async start({ name, program, folder, env = {}, nodeOptions = [] }: Wanted): Promise<Process> {
    const logFile = join(folder, `${name}.log`);
    const log = await open(logFile, 'a', 0o600);
    const child = fork(join(DIST, program), {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      execArgv: [...nodeOptions],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    return new Process(name, child, logFile, log);
  }

  /** Sends an order, if there is one, and waits for the next message. One at a time. */
  async ask<Answer>(order?: object): Promise<Answer> {
    const over = new AbortController();
    const { signal } = over;
    const answered = once(this.child, 'message', { signal }) as Promise<[Answer]>;
    const ended = once(this.child, 'exit', { signal }).then(async () => {
      throw await this.failure('ended');
    });
    if (order) this.child.send(order);
    try {
      const [answer] = await Promise.race([answered, ended]);
      return answer;
    } finally {
      // Whichever did not come is not waited for any more.
      for (const promise of [answered, ended]) promise.catch(() => undefined);
      over.abort();
    }
  }

  /** @returns the milliseconds that it took */
  async ready(url: string): Promise<number> {
    const began = performance.now();
    for (;;) {
      const ok = await fetch(`${url}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      const took = performance.now() - began;
      if (ok) return took;
      if (this.child.exitCode !== null || took > READY_WITHIN_MS) throw await this.failure('did not start');
      await sleep(5);
    }
  }

  /** Bytes in memory. */
  async residentBytes(): Promise<number> {
    const status = `/proc/${this.child.pid}/status`;
    if (existsSync(status)) {
      return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(status, 'utf8'))?.[1]) * 1024;
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(this.child.pid)]);
    return Number(stdout) * 1024;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(hurry);
    }
    await this.log.close();
  }

  private async failure(why: string): Promise<Error> {
    const said = await readFile(this.logFile, 'utf8').catch(() => '');
    return new Error(`${this.name} ${why}. It said last:\n${said.split('\n').slice(-15).join('\n')}`);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
