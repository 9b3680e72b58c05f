import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './eventually.js';
import { freePort } from './platform.js';

const BINARY = '/usr/sbin/pgbouncer';
/** It does not run as root. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const running: { readonly child: ChildProcess; readonly folder: string }[] = [];

/**
 * Debian's PgBouncer in front of a database, with its own defaults but for what is given.
 * @returns the same URL by way of it
 */
export async function startPgbouncer(databaseUrl: string, settings: Readonly<Record<string, string>> = {}) {
  if (!existsSync(BINARY)) throw new Error('PgBouncer is not here. Install it: apt-get install pgbouncer');
  const server = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), 'billbridge-pgbouncer-'));
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'userlist.txt');
  const all = { listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_file: users, ...settings };
  await writeFile(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`, { mode: 0o600 });
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=${server.hostname} port=${server.port}`,
      '[pgbouncer]',
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
    ].join('\n'),
  );
  if (account.uid !== undefined) for (const path of [folder, users, file]) await chown(path, account.uid, account.gid);
  const child = spawn(BINARY, [file], { ...account, stdio: 'ignore', detached: true });
  running.push({ child, folder });
  // Holds a pipe from this worker: when the worker goes, however it goes, so does PgBouncer.
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0" 2>/dev/null', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.once('exit', () => guard.kill('SIGKILL'));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  await eventually('PgBouncer takes connections', async () => {
    const client = new Client(url.href);
    await client.connect();
    await client.end();
    return true;
  });
  return url.href;
}

/** To be called after the tests of a spec that starts some. */
export async function stopPgbouncers(): Promise<void> {
  await Promise.all(
    running.splice(0).map(async ({ child, folder }) => {
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await new Promise((done) => child.once('exit', done));
      }
      await rm(folder, { recursive: true, force: true });
    }),
  );
}
