import { jest } from '@jest/globals';
import { ask } from '../support/administration.js';
import { api } from '../support/api.js';
import { Cluster, removeClusters } from '../support/cluster.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { newStory, type Story } from '../support/story.js';
import { TurningProxy } from '../support/turning-proxy.js';

// Two servers and a process are started for each.
jest.setTimeout(120_000);

/** From a process's first contact with the new primary; docs/decisions/0006 says it. Milliseconds. */
const BOUND_MS = 1_000;
/** Until a process has its first contact, when new connections lead to the new primary: five seconds between looks, and some. */
const CONTACT_MS = 10_000;

const proxies: TurningProxy[] = [];
afterAll(async () => {
  await stopPlatforms();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await closeDb();
  await removeClusters();
});

/** A process that serves from an old primary, by way of a proxy, and a standby that follows it. */
interface Split {
  readonly old: Cluster;
  readonly copy: Cluster;
  readonly proxy: TurningProxy;
  readonly platform: Platform;
  readonly story: Story;
}

async function split(): Promise<Split> {
  const old = await Cluster.create();
  const copy = await old.standby();
  const proxy = await TurningProxy.to(old.port);
  proxies.push(proxy);
  const platform = await startPlatform({ DATABASE_URL: old.urlAt(proxy.port) });
  const story = await newStory({ url: platform.url, databaseUrl: old.url });
  const [at] = await old.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  await eventually('the copy has it all', async () => {
    const [row] = await copy.query<{ has: boolean }>(`select pg_last_wal_replay_lsn() >= '${at?.lsn}' as has`);
    return row?.has;
  });
  const stage = { old, copy, proxy, platform, story };
  const [{ system } = { system: '' }] = await old.query<{ system: string }>(
    'select system_identifier::text as system from pg_control_system()',
  );
  expect(platform.said()).toContain(`"system":"${system}","timeline":1,"msg":"serving from this primary"`);
  await eventually('the key is known by heart', () => isKnownByHeart(stage));
  return stage;
}

const read = async ({ platform, story }: Split): Promise<number> =>
  (await api({ path: story.path, key: story.key, url: platform.url })).status;

/** Whether a request is answered without a look at the keys. */
async function isKnownByHeart(stage: Split): Promise<boolean> {
  const lastLook = () =>
    stage.old.query(`select max(query_start)::text as at from pg_stat_activity
      where application_name = 'billbridge' and query like '%partner_keys%'`);
  const before = await lastLook();
  return (await read(stage)) === 200 && JSON.stringify(await lastLook()) === JSON.stringify(before);
}

const revoke = ({ copy, story }: Split): Promise<unknown> =>
  copy.query(`update partner_keys set revoked_at = now() where '${story.billerId}' = any(biller_ids)`);

/** When the process has said that it serves from another primary now. */
function contactOf({ platform }: Split): number | undefined {
  const line = platform
    .said()
    .split('\n')
    .find((text) => text.includes('serving from another primary'));
  return line === undefined ? undefined : Date.parse((JSON.parse(line) as { time: string }).time);
}

/** Asks with the revoked key until the process has refused it for a while. @returns the last time that it did not */
async function watch(stage: Split): Promise<number> {
  let believed = 0;
  for (let end = Infinity; Date.now() < end;) {
    const status = await read(stage);
    if (status === 200) believed = Date.now();
    else expect([401, 503]).toContain(status);
    const contact = contactOf(stage);
    if (contact !== undefined && end === Infinity) end = contact + 3 * BOUND_MS;
    await new Promise((done) => setTimeout(done, 20));
  }
  return believed;
}

describe('a key that is revoked on the new primary, while the old one lives on', () => {
  test('is revoked for a process that hangs on the old one, from its first contact on', async () => {
    const stage = await split();
    await stage.copy.promote();
    await revoke(stage);
    // Who knows the old primary alone can't know.
    expect(await read(stage)).toBe(200);
    const turned = Date.now();
    stage.proxy.turnTo(stage.copy.port);
    const believed = await watch(stage);
    const contact = contactOf(stage) ?? Infinity;
    expect(contact - turned).toBeLessThan(CONTACT_MS);
    expect(believed - contact).toBeLessThan(BOUND_MS);
    expect(await read(stage)).toBe(401);

    // It keeps what it knows in memory again, and hears there.
    await stage.copy.query('update partner_keys set revoked_at = null');
    await eventually('it has heard', async () => (await read(stage)) === 200);
    const { text } = await ask('GET', '/metrics', undefined, { url: stage.platform.url });
    expect(text).toMatch(/^billbridge_database_timeline\{system="\d+"\} 2$/m);

    // The old one is left for good, and somebody is told that it still takes connections.
    stage.proxy.turnTo(stage.old.port);
    await eventually('the alert stands', async () => {
      const { text: now } = await ask('GET', '/metrics', undefined, { url: stage.platform.url });
      return /billbridge_alerts\{kind="database-timeline"\} 1/.test(now);
    });
    await revoke(stage);
    await eventually('it has heard', async () => (await read(stage)) === 401);
  });

  test('is so for a process whose listening connection met the new one as a replica, and was not cut', async () => {
    const stage = await split();
    const taken = stage.proxy.taken;
    stage.proxy.turnTo(stage.copy.port);
    await stage.old.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'billbridge-listener'`,
    );
    await eventually('it has met the replica', () => stage.proxy.taken > taken + 1);
    expect(await read(stage)).toBe(200);
    await stage.copy.promote();
    await revoke(stage);
    const believed = await watch(stage);
    expect(believed - (contactOf(stage) ?? Infinity)).toBeLessThan(BOUND_MS);
    expect(await read(stage)).toBe(401);
  });
});
