import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createOwnDatabase } from '../../local/own-database.js';
import { newDatabase } from '../support/db.js';
import { Cluster, removeClusters } from '../support/cluster.js';
import { freePort } from '../support/platform.js';

afterAll(removeClusters);

describe('a run on somebody’s server', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.create();
    for (const [role, may] of [
      ['may', 'createdb'],
      ['may_not', 'nocreatedb'],
    ]) {
      await cluster.query(`create role ${role} login ${may}`, 'postgres');
    }
    await cluster.query(`create database latin template template0 encoding 'SQL_ASCII'`, 'postgres');
  });
  const as = (role: string, database = 'billbridge'): string =>
    `postgres://${role}@127.0.0.1:${cluster.port}/${database}`;
  const names = async (): Promise<string[]> =>
    (await cluster.query<{ datname: string }>('select datname from pg_database order by 1', 'postgres')).map(
      ({ datname }) => datname,
    );

  it('makes databases of its own there, and drops them and no other, whoever is still connected', async () => {
    const before = await names();
    const first = await createOwnDatabase(as('may'), 'test');
    const second = await createOwnDatabase(as('may'), 'test');
    const [name, other] = [first, second].map(({ url }) => new URL(url).pathname.slice(1));
    expect(name).toMatch(/^billbridge_test_\w+$/);
    expect(name).not.toBe(other);
    expect(first.server).toMatch(/^PostgreSQL \d+\.\d+.* at 127\.0\.0\.1:\d+$/);
    const connected = new Client({ connectionString: first.url });
    connected.on('error', () => undefined);
    await connected.connect();
    await connected.query(`create database ${name}_child`);
    expect(await names()).toEqual([...before, name, `${name}_child`, other].sort());
    await first.drop();
    expect(await names()).toEqual([...before, other].sort());
    await second.drop();
    expect(await names()).toEqual(before);
    await connected.end().catch(() => undefined);
  });

  it.each<[string, () => string | Promise<string>, string]>([
    ['a role that may make none', () => as('may_not'), 'alter role may_not createdb'],
    ['a role that there is not', () => as('nobody'), "the server can't be reached, or refuses us (28000)"],
    ['a server that there is not', async () => `postgres://x@127.0.0.1:${await freePort()}/x`, '(ECONNREFUSED)'],
    ['another encoding', () => as('may', 'latin'), 'a database in UTF8 is needed, not SQL_ASCII'],
    ['a socket', () => `postgres:///billbridge?host=${cluster.folder}`, 'one host is needed here'],
    ['what is no address', () => randomBytes(4).toString('hex'), 'one host is needed here'],
  ])('says in one line what is wrong with %s', async (_, url, words) => {
    const error = await createOwnDatabase(await url(), 'test').catch((failure: Error) => failure);
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).toMatch(/^DATABASE_URL: [^\n]+$/);
  });
});

it('gives each spec a database whose name begins with the run’s, so that the run can drop it', async () => {
  const url = new URL(await newDatabase());
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  await client.end();
  expect(rows).toEqual([{ name: expect.stringMatching(/^billbridge_/) }]);
});
