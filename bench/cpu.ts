import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** Of /proc/<pid>/stat; so it has been on every Linux that Node runs on. */
const MS_A_TICK = 10;

/** The CPU that a process has used, in milliseconds; NaN where there is no /proc. */
export async function cpuMs(pid: number | undefined): Promise<number> {
  return (await statOf(String(pid)))?.ms ?? Number.NaN;
}

/** The CPU of the children that a process has, and of those that it had. */
export async function cpuMsOfChildren(parent: number): Promise<number> {
  if (!existsSync('/proc/self/stat')) return Number.NaN;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(statOf));
  const own = stats.find((stat) => stat?.pid === parent);
  const children = stats.flatMap((stat) => (stat?.parent === parent ? [stat.ms] : []));
  return children.reduce((sum, ms) => sum + ms, own?.msOfEnded ?? 0);
}

async function statOf(pid: string) {
  // One that ends while we look is not an error.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  // After the name, which may hold spaces and brackets: state, parent; own time from the 12th, that of ended children after.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (i: number): number => (fields[i] ?? 0) * MS_A_TICK;
  return { pid: Number(pid), parent: fields[1], ms: at(11) + at(12), msOfEnded: at(13) + at(14) };
}
