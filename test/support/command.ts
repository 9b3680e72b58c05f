import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stage } from './stage-facts.js';

export interface Ran {
  readonly code: number;
  /** Of both streams. */
  readonly said: string;
}

/** What an operator runs beside the platform, with the run's settings and these over them. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const options = { env: { PATH: process.env['PATH'], ...stage.settings, ...env } };
  const run = promisify(execFile)(process.execPath, [join(stage.rootDir, 'dist/src/commands.js'), ...args], options);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}
