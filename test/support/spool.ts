import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postBack, type Opened, type Story } from './story.js';
import { stage } from './stage-facts.js';

/** An empty SPOOL_DIR, removed with the stage. */
export const newSpoolDir = (): Promise<string> => mkdtemp(join(stage.dataDir, 'spool-'));

/** Names of the spools in a SPOOL_DIR. */
export const spoolsIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => /^[\da-f]{8}-/.test(name)).sort();

/** Lines in all files of a SPOOL_DIR. */
export async function linesIn(dir: string): Promise<string[]> {
  const lines: string[] = [];
  for (const spool of await spoolsIn(dir)) {
    for (const file of (await readdir(join(dir, spool))).filter((name) => name.endsWith('.spool'))) {
      lines.push(...(await readFile(join(dir, spool, file), 'utf8')).split('\n').filter(Boolean));
    }
  }
  return lines;
}

/** Platform commands, as an operator runs them. */
export async function command(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; said: string }> {
  const settings = { PATH: process.env['PATH'], ...stage.settings, ...env };
  const run = promisify(execFile)(process.execPath, [join(stage.rootDir, 'dist/src/commands.js'), name], {
    env: settings,
  });
  return run.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  );
}

/** Status and how long it took. */
export interface Posted {
  readonly status: number;
  readonly ms: number;
}

export async function post(story: Story, opened: Opened & { InvoiceNumber?: string }): Promise<Posted> {
  const { InvoiceNumber = '2025000158' } = opened;
  const began = performance.now();
  const status = await postBack(opened.postBackUrl, story.message({ InvoiceNumber }));
  return { status, ms: performance.now() - began };
}
