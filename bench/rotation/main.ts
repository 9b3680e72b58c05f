/** `npm run bench:rotation`: keys:rotate beside the way of before, on two copies of one database, in one run. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import type { EncryptionKey } from '../../src/common/secret-box.js';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { rotate, verifyKeys } from '../../src/database/rotation.js';
import { rotate as rotateOneByOne } from './one-by-one.js';
import { sealRows } from './sealed-rows.js';

const USAGE = `npm run bench:rotation -- [options]
  --values N    sealed values (20000)
  --before S    seconds for the way of before, half of them before and half after the new one (20)`;

const { values: options } = parseArgs({
  options: { values: { type: 'string', default: '20000' }, before: { type: 'string', default: '20' } },
});
const values = Number(options.values);
const secondsBefore = Number(options.before);
if (!(values > 0) || !(secondsBefore > 0)) {
  console.error(USAGE);
  process.exit(2);
}

const key = (id: string): EncryptionKey => ({ id, bytes: randomBytes(32) });
const [old, anew] = [key('old'), key('new')];
const closers: (() => Promise<unknown>)[] = [];
const say = (line: string): void => console.error(line);
const format = (n: number): string => Math.round(n).toLocaleString('en');

let closing: Promise<void> | undefined;
const close = (): Promise<void> =>
  (closing ??= (async () => {
    for (const closer of closers.reverse()) await closer();
  })());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void close().then(() => process.exit(130)));
}

async function withClients<Result>(url: string, count: number, work: (clients: Client[]) => Promise<Result>) {
  const clients = Array.from({ length: count }, () => new Client({ connectionString: url }));
  for (const client of clients) await client.connect();
  try {
    return await work(clients);
  } finally {
    for (const client of clients) await client.end();
  }
}

/** Thrown from its progress: the way of before knows no other way to be stopped. */
class TimeIsUp extends Error {}

/** @returns values that were sealed anew, and the seconds they took */
async function playBefore(url: string, seconds: number): Promise<{ done: number; seconds: number }> {
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  let done = 0;
  const columns = new Map<string, number>();
  await withClients(url, 1, async ([client]) =>
    rotateOneByOne(client, [anew, old], (progress) => {
      columns.set(progress.column, progress.done);
      done = [...columns.values()].reduce((sum, n) => sum + n, 0);
      if (elapsed() > seconds) throw new TimeIsUp();
    }),
  ).catch((error: unknown) => {
    if (!(error instanceof TimeIsUp)) throw error;
  });
  return { done, seconds: elapsed() };
}

async function measure(): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), 'billbridge-rotation-'));
  // As root, so that PostgreSQL's own user gets to its data in there.
  await chmod(dataDir, 0o711);
  closers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  closers.push(() => removeEmbeddedPostgres(dataDir));
  const postgres = await startEmbeddedPostgres({ dataDir });
  closers.push(() => postgres.stop());

  await migrate(postgres.url);
  const filled = await sealRows(postgres.url, old, values);
  say(`${format(filled)} sealed values`);
  const copy = new URL(postgres.url);
  copy.pathname = '/copy';
  const server = new URL(postgres.url);
  server.pathname = '/postgres';
  await withClients(server.href, 1, ([client]) => client.query(`create database copy template billbridge`));

  const first = await playBefore(copy.href, secondsBefore / 2);
  const began = performance.now();
  const total = await withClients(postgres.url, 3, (clients) =>
    rotate(clients as [Client, Client, Client], [anew, old], ({ column, done, rest, rate }) =>
      say(`${column}: ${format(done)} sealed anew, ${format(rest)} to go, ${format(rate)} a second`),
    ),
  );
  const seconds = (performance.now() - began) / 1_000;
  const second = await playBefore(copy.href, secondsBefore / 2);
  const { sound, findings } = await withClients(postgres.url, 1, ([client]) => verifyKeys(client, [anew]));

  const rateBefore = (first.done + second.done) / (first.seconds + second.seconds);
  const rate = total / seconds;
  console.log(`before: ${format(first.done + second.done)} values, ${format(rateBefore)} a second`);
  console.log(`now:    ${format(total)} values in ${seconds.toFixed(1)} s, ${format(rate)} a second`);
  console.log(`now in ${(rateBefore / rate).toFixed(3)} of the time of before (limit 0.2)`);
  console.log(`${format(sound)} of ${format(filled)} open with the new key alone`);
  return total === filled && sound === filled && findings.length === 0 && rate >= 5 * rateBefore;
}

try {
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  await close();
}
