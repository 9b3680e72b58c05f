import { execFile } from 'node:child_process';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './packages.js';

const execute = promisify(execFile);
/** This file lies in dist/test/operations. */
export const DEPLOY = join(import.meta.dirname, '../../../deploy');

export type Values = Readonly<Record<string, string | number>>;

/** Fills a file of deploy/patroni in the way that docs/operators.md tells the operator to. */
export async function filled(template: string, values: Values): Promise<string> {
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const { stdout } = await execute('sh', [join(DEPLOY, 'patroni/fill'), join(DEPLOY, 'patroni', template)], {
    env: { PATH: process.env['PATH'], ...env },
  });
  return stdout;
}

/** For its owner's eyes: it holds passwords. */
export async function writeOwn(file: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (account) await chown(file, account.uid, account.gid);
}
