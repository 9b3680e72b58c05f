import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Cluster, removeClusters } from '../support/cluster.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startAndFail, startPlatform, stopPlatforms } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';
import { newStory } from '../support/story.js';

// Each starts several programs.
jest.setTimeout(120_000);

let primary: Cluster;
let standby: Cluster;
beforeAll(async () => {
  primary = await Cluster.create();
  standby = await primary.standby();
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
  await removeClusters();
});

/** A program of the platform, with one setting changed. @returns what it wrote */
async function run(program: string, args: readonly string[], databaseUrl: string): Promise<string> {
  const env = { PATH: process.env['PATH'], ...stage.settings, DATABASE_URL: databaseUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [join(stage.rootDir, 'dist', program), ...args], {
    env,
  });
  return stdout;
}

test('a standby alone stops the start, and is named', async () => {
  const { code, said } = await startAndFail({ ...stage.settings, DATABASE_URL: standby.url });
  expect([code, said.trim()]).toEqual([1, 'The database is a standby: it takes no writes until it is promoted.']);
});

test('a socket is connected to, by the platform and by commands', async () => {
  const url = `postgres://billbridge@/billbridge?host=${primary.folder}&port=${primary.port}`;
  expect(await run('src/database/migrate.js', [], url)).toMatch(/migrated|up to date/);
  const platform = await startPlatform({ DATABASE_URL: url });
  const story = await newStory({ url: platform.url });
  await story.openAnother();
  expect(await run('src/commands.js', ['audit:verify'], url)).toMatch(/the chain is whole/);
  expect(await run('src/commands.js', ['keys:verify'], url)).toMatch(/No value needs another key/);
  await platform.stop();
});

test('of several hosts the one that takes writes is used, and after a promotion the other one', async () => {
  const hosts = `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`;
  const url = `postgres://billbridge@${hosts}/billbridge?target_session_attrs=read-write`;
  expect(await run('src/database/migrate.js', ['--list'], url)).toMatch(/^has /);
  expect(await run('src/commands.js', ['audit:verify'], url)).toMatch(/the chain is whole/);
  const platform = await startPlatform({ DATABASE_URL: url });
  const story = await newStory({ url: platform.url });
  await story.openAnother();
  await eventually('the standby has it all', async () => {
    const [{ count } = { count: '' }] = await standby.query<{ count: string }>('select count(*) from payments');
    const [{ count: all } = { count: '-' }] = await primary.query<{ count: string }>('select count(*) from payments');
    return count === all;
  });

  await primary.stop('SIGQUIT');
  await standby.promote();
  await eventually('it opens payments again', async () => (await story.askAnother()).status === 201);
  await eventually('it has said so', () => platform.said().includes('"timeline":2'));

  // The old one comes back as it was: it takes writes, and gets none.
  await primary.start();
  const before = await primary.query('select count(*) from payments');
  for (let i = 0; i < 20; i += 1) expect((await story.askAnother()).status).toBe(201);
  await eventually('it is noticed', () => platform.said().includes('leads to two primaries'));
  expect((await story.askAnother()).status).toBe(201);
  expect(await primary.query('select count(*) from payments')).toEqual(before);
  expect(await run('src/commands.js', ['audit:verify'], standby.url)).toMatch(/the chain is whole/);
});
