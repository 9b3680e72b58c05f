import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Account } from './packages.js';

const execute = promisify(execFile);
const JANITOR = join(import.meta.dirname, 'janitor.js');

/** The run's own folder. A process of its own empties it when we die, however that is. */
export class Folder {
  private constructor(
    readonly path: string,
    readonly account: Account | undefined,
    private readonly janitor: ChildProcess,
  ) {}

  static async make(account: Account | undefined): Promise<Folder> {
    const path = await mkdtemp(join(tmpdir(), 'billbridge-operations-'));
    // PostgreSQL's user passes through it to its own folders.
    await chmod(path, 0o711);
    // A session of its own, so that Ctrl-C leaves it to do its work.
    const janitor = spawn(process.execPath, [JANITOR, path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    janitor.unref();
    return new Folder(path, account, janitor);
  }

  /** A folder in it that belongs to PostgreSQL's user. */
  async own(...names: string[]): Promise<string> {
    const path = join(this.path, ...names);
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (this.account) await chown(path, this.account.uid, this.account.gid);
    return path;
  }

  /** A folder in it that belongs to us. */
  async ours(...names: string[]): Promise<string> {
    const path = join(this.path, ...names);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** Ends whatever still runs in it and removes it. */
  async remove(): Promise<void> {
    await empty(this.path, [this.janitor.pid]);
    this.janitor.stdin?.destroy();
  }
}

/** Ends every process that has the folder in its command line or environment, unmounts what is mounted in it, and removes it. */
export async function empty(path: string, spare: readonly (number | undefined)[] = []): Promise<void> {
  if (!existsSync(path)) return;
  for (let round = 0; round < 20; round += 1) {
    const found = processesOf(path).filter((pid) => pid !== process.pid && !spare.includes(pid));
    if (found.length === 0) break;
    for (const pid of found) kill(pid, 'SIGKILL');
    await sleep(100);
  }
  for (const mount of mountsIn(path)) await execute('umount', ['-l', mount]).catch(() => undefined);
  // A mount that would not go must not lose its files to us, but then they are only the run's own.
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}

/** An order to one that has just ended is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Pids whose command line or environment names the text. */
export function processesOf(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(text) || read(`/proc/${pid}/environ`).includes(text))
    .map(Number);
}

function mountsIn(path: string): string[] {
  return read('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(path))
    .reverse();
}

/** Empty: it is no more, or is none of ours. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
