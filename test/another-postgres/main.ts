/**
 * `npm run test:another-postgres -- --postgres /usr/lib/postgresql/15`: a part of the tests, the demo and chaos on another
 * PostgreSQL than the package's, in a cluster that goes with it. The tests and the demo reach it by DATABASE_URL, as a role that may
 * create databases and nothing else.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The schema, the statements and their plans, the relay and its queue, migrations, and a rotation of keys. */
const SPECS = [
  'test/structure/schema',
  'test/e2e/statements',
  'test/database/plans',
  'test/database/relay-queue',
  'test/database/migrations',
  'test/database/rotation',
  'test/e2e/relay.spec',
];
/** A quarter of the short form's kills. */
const CHAOS = ['--kills', '5', '--only', 'kills,postgres,races'];

const { values: options } = parseArgs({ options: { postgres: { type: 'string' } } });
if (!options.postgres) {
  console.error(
    'npm run test:another-postgres -- --postgres FOLDER, the one above its bin, such as /usr/lib/postgresql/15',
  );
  process.exit(2);
}
const postgres = options.postgres;

let passed = 0;
let failed = 0;
const closers: (() => Promise<unknown>)[] = [];
let closing: Promise<void> | undefined;
const close = (): Promise<void> =>
  (closing ??= (async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  })());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void close().then(() => process.exit(130)));
}

/** @returns the exit code, and what it wrote to stdout, which is shown as well */
async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; said: string }> {
  console.log(`\n=== ${args.join(' ')}`);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closers.push(() => Promise.resolve(child.kill('SIGTERM')));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  closers.pop();
  return { code, said };
}

/** Adds what a run says of itself; one that says nothing, or fails without a failure, has failed. */
function count(name: string, code: number | null, ownPassed: number, ownFailed: number): void {
  const missing = ownPassed === 0 || (code !== 0 && ownFailed === 0) ? 1 : 0;
  passed += ownPassed;
  failed += ownFailed + missing;
  console.log(`${name}: ${ownPassed} passed, ${ownFailed + missing} failed`);
}

async function startServer(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'billbridge-another-'));
  // As root, so that PostgreSQL's own user gets to its data in there.
  await chmod(dataDir, 0o711);
  closers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  closers.push(() => removeEmbeddedPostgres(dataDir));
  const server = await startEmbeddedPostgres({ dataDir, binaries: postgres });
  closers.push(() => server.stop());
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const password = randomBytes(16).toString('hex');
  await client.query(`create role tester login createdb password '${password}'`);
  const { rows } = await client.query<{ version: string }>('select version()');
  console.log(rows[0]?.version);
  await client.end();
  const url = new URL(server.url);
  url.username = 'tester';
  url.password = password;
  return url.href;
}

async function runTests(databaseUrl: string): Promise<void> {
  const report = join(await mkdtemp(join(tmpdir(), 'billbridge-report-')), 'jest.json');
  closers.push(() => rm(join(report, '..'), { recursive: true, force: true }));
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const { code } = await run([...jest, ...SPECS, '--json', '--outputFile', report], { DATABASE_URL: databaseUrl });
  const results = JSON.parse(await readFile(report, 'utf8')) as JestReport;
  count('Tests', code, results.numPassedTests, results.numFailedTests + results.numRuntimeErrorTestSuites);
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

async function runCounted(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, said } = await run(['--enable-source-maps', ...args], env);
  const [, ownPassed = '0', ownFailed = '0'] = /^\w+: (\d+) \w+ passed, (\d+) failed$/m.exec(said) ?? [];
  count(name, code, Number(ownPassed), Number(ownFailed));
}

try {
  const databaseUrl = await startServer();
  await runTests(databaseUrl);
  await runCounted('Demo', ['dist/local/demo.js'], { DATABASE_URL: databaseUrl });
  await runCounted('Chaos', ['dist/test/chaos/main.js', '--postgres', postgres, ...CHAOS], {});
} catch (error) {
  failed += 1;
  console.log((error as Error).message);
} finally {
  await close();
}
console.log(`\nAnotherPostgres: ${passed} tests passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
