import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';

declare global {
  var stageProcess: ChildProcess | undefined;
}

const BUILT = [
  'dist/src/main.js',
  'dist/src/database/embedded-postgres.js',
  'dist/local/own-database.js',
  'dist/sandbox/sandbox.js',
];

/** Starts what the tests play on, once for the run, and tells the specs by an environment variable where it is. */
export default async function globalSetup(_: Config, { rootDir = process.cwd() }: Config): Promise<void> {
  const missing = BUILT.filter((path) => !existsSync(join(rootDir, path)));
  if (missing.length > 0) {
    throw new Error(`Not built: ${missing.join(', ')}. Run "npm run build"; "npm test" does it by itself.`);
  }
  const stage = spawn(process.execPath, [join(rootDir, 'test/support/stage.ts'), rootDir], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  globalThis.stageProcess = stage;
  let errors = '';
  stage.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-8_000)));
  process.env['BILLBRIDGE_TEST_STAGE'] = await new Promise<string>((done, fail) => {
    let line = '';
    stage.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      line += chunk;
      if (line.endsWith('\n')) done(line);
    });
    stage.once('error', fail);
    stage.once('exit', () => fail(new Error(`The tests have no platform to run against:\n${errors}`)));
  });
}
