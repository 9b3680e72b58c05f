import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const HAS_PROC = existsSync('/proc/self/stat');
/** Linux counts a process's time in ticks of this many milliseconds, on every machine there is. */
const TICK_MS = 10;

/** Every process with its parent; from /proc where there is one, since small images have no `ps`. */
export async function processes(): Promise<{ pid: number; parent: number }[]> {
  if (HAS_PROC) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(pids.map(async (pid) => ({ pid, parent: Number((await stat(pid))[1]) })));
    return found.filter(({ parent }) => !Number.isNaN(parent));
  }
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent }));
}

/** Processor time that these processes and their ended children have taken, in milliseconds; NaN where nobody counts it. */
export async function processorTime(pids: readonly number[]): Promise<number> {
  if (!HAS_PROC) return Number.NaN;
  const times = await Promise.all(
    pids.map(async (pid) => {
      const [user, system, childUser, childSystem] = (await stat(pid)).slice(11, 15).map(Number);
      return ((user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)) * TICK_MS;
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}

/** The fields of a process after its name, which may hold spaces and brackets: state, parent, … Empty: it is no more. */
async function stat(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}
