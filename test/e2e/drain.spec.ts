import { connect, type Socket } from 'node:net';
import { Agent, request } from 'undici';
import { api } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';

import { newStory, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

async function start(env: Readonly<Record<string, string>>): Promise<{ platform: Platform; story: Story }> {
  const databaseUrl = await newDatabase();
  const platform = await startPlatform({ DATABASE_URL: databaseUrl, ...env });
  return { platform, story: await newStory({ url: platform.url, databaseUrl }) };
}

/** A connection of our own, to be used by hand. */
async function dial({ port }: Platform): Promise<{ socket: Socket; said: () => string; closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = new Promise((done) => socket.once('close', done));
  await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
  return { socket, said: () => said, closed };
}

const drains = (platform: Platform) =>
  eventually('it drains', async () => (await api({ path: '/health/ready', url: platform.url })).status === 503);

const acceptsNoMore = (platform: Platform) =>
  eventually('it accepts no more', () =>
    dial(platform).then(
      () => false,
      () => true,
    ),
  );

describe('a process that is told to stop', () => {
  test('serves everything on while it drains, says so to balancers, and closes each connection with its answer', async () => {
    const { platform, story } = await start({ DRAIN_SECONDS: '6' });
    const { postBackUrl } = await story.open();
    const agent = new Agent({ connections: 1 });
    const over = (path: string) => request(`${platform.url}${path}`, { dispatcher: agent });
    const before = await over('/health/ready');
    expect([before.statusCode, before.headers.connection]).toEqual([200, 'keep-alive']);
    await before.body.dump();

    const code = platform.stop();
    await drains(platform);
    for (const path of ['/health/ready', '/health/intake']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await api({ method, path, url: platform.url });
        expect([answer.status, answer.headers.get('connection')]).toEqual([503, 'close']);
        if (method === 'GET') expect(answer.body).toMatchObject({ code: 'not_ready', missing: ['not-draining'] });
      }
    }
    expect((await api({ path: '/health/live', url: platform.url })).status).toBe(200);
    const opened = await story.askAnother();
    expect([opened.status, opened.headers.get('connection')]).toEqual([201, 'close']);
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    const kept = await over('/health/live');
    expect([kept.statusCode, kept.headers.connection]).toEqual([200, 'close']);
    await kept.body.dump();
    // An address that can't be routed is answered elsewhere in the code.
    const odd = await api({ path: '/%ff', url: platform.url });
    expect([odd.status, odd.headers.get('connection')]).toEqual([400, 'close']);

    expect(await code).toBe(0);
    await agent.close();
  }, 60_000);

  test('stops at once at a second signal, and lets what is under way end', async () => {
    const { platform, story } = await start({ DRAIN_SECONDS: '600' });
    await story.fault({ kind: 'delay', ms: 1_000, operation: 'cloud-payments' });
    const first = platform.stop('SIGINT');
    await drains(platform);
    const asking = story.ask();
    await eventually('Invoice Cloud is being asked', async () => (await story.requests()).length === 1);
    const second = platform.stop('SIGINT');
    expect((await asking).status).toBe(201);
    expect([await first, await second]).toEqual([0, 0]);
    expect(await story.db.count(`from payments where status = 'open'`)).toBe(1);
  }, 60_000);

  test('serves a request that comes on a connection accepted before, after it has stopped accepting', async () => {
    const { platform, story } = await start({ DRAIN_SECONDS: '600' });
    const [early, half, idle] = [await dial(platform), await dial(platform), await dial(platform)];
    const get = `GET /health/live HTTP/1.1\r\nHost: localhost\r\n`;
    half.socket.write(get);
    idle.socket.write(`${get}\r\n`);
    await eventually('the idle one is answered', () => idle.said().includes('200 OK'));
    void platform.stop();
    await drains(platform);
    const code = platform.stop();
    await acceptsNoMore(platform);
    // Closed with the listening socket: it has been answered, and waits for nothing.
    await idle.closed;
    half.socket.write('\r\n');
    early.socket.write(`GET ${story.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${story.key}\r\n\r\n`);
    await Promise.all([half.closed, early.closed]);
    expect(half.said()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(half.said()).toMatch(/connection: close/i);
    // The database's connections are closed last.
    expect(early.said()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"data":\[\]/);
    expect(await code).toBe(0);
  }, 60_000);

  test('does not wait for a connection on which nothing comes', async () => {
    const { platform } = await start({});
    const silent = await dial(platform);
    const code = platform.stop();
    await silent.closed;
    expect(silent.said()).toBe('');
    expect(await code).toBe(0);
  }, 60_000);
});
