import { askJson, tryAsk } from '../chaos/http.js';
import { sleep, until } from '../chaos/time.js';
import { World } from '../chaos/world.js';
import type { Laboratory } from './laboratory.js';
import type { PlatformProcess } from './platform.js';
import type { Outcome, Row } from './row.js';

/** How long a revoked key may be believed after a process has met the new primary. Seconds; docs/decisions/0006 says it. */
const BOUND_SECONDS = 1;
const WATCHED_MS = 60_000;

interface Watch {
  readonly name: string;
  asked: number;
  /** 200 after the first contact with the new primary. */
  believed: number;
  /** 200 before it: this process knew the old primary alone. */
  unaware: number;
  /** Other answers after it, with their numbers. */
  readonly others: Record<string, number>;
  metAt: number | undefined;
  lastBelievedAt: number | undefined;
}

/**
 * Patroni of the primary is killed, its PostgreSQL lives on, and HAProxy leaves connections to it open. The other member is
 * promoted. There a key is revoked at once. Both processes hang on the old primary with their listening connections, and are asked
 * with the revoked key.
 */
async function play(lab: Laboratory): Promise<Outcome> {
  const { patroni, databases, platform } = lab;
  await patroni.healthy();
  await databases.keepOldConnections(true);
  // By its role each process is known to the servers, whatever is between.
  const roles = await rolesOf(lab);
  await lab.ready();
  await platform.close();
  const processes: PlatformProcess[] = [];
  for (const role of roles) processes.push(await platform.extra({ DATABASE_URL: role.url }, role.name));
  const world = await World.create(lab.at(processes[0]?.url ?? ''));
  const { id: keyId } = await keyOf(processes[0]?.url ?? '', lab.adminKey, world.partnerId);
  const look = async (url: string) =>
    (
      await tryAsk(`${url}/v1/billers/${world.billerId}/cloud-pay/payments`, {
        headers: { authorization: `Bearer ${world.key}` },
        timeoutMs: 2_000,
      })
    )?.status;
  for (const { url } of processes) if ((await look(url)) !== 200) throw new Error('the key does not work at all');

  const old = await patroni.primary();
  await old.patroni.stop('SIGKILL');
  await until(async () => (await patroni.primary(1_000)) !== old, 60_000);
  // At once, and past HAProxy, so that no process has met the new primary before.
  const fresh = new URL(databases.operatorUrl);
  fresh.port = String((await patroni.primary()).port);
  await databases.query(fresh.href, `update partner_keys set revoked_at = now() where id = '${keyId}'`);
  const revokedAt = Date.now();
  const watches = roles.map(({ name }): Watch => ({
    name,
    asked: 0,
    others: {},
    believed: 0,
    unaware: 0,
    metAt: undefined,
    lastBelievedAt: undefined,
  }));
  while (Date.now() - revokedAt < WATCHED_MS) {
    await Promise.all(
      watches.map(async (watch, index) => {
        watch.metAt ??= await metAt(lab, watch.name);
        const now = Date.now();
        const status = await look(processes[index]?.url ?? '');
        watch.asked += 1;
        if (status !== 200) {
          const word = String(status ?? 'no answer');
          watch.others[word] = (watch.others[word] ?? 0) + 1;
          return;
        }
        if (watch.metAt === undefined || now < watch.metAt) watch.unaware += 1;
        else {
          watch.believed += 1;
          watch.lastBelievedAt = now;
        }
      }),
    );
    await sleep(250);
  }
  await Promise.all(processes.map((one) => one.kill()));
  return outcome(watches);
}

function outcome(watches: readonly Watch[]): Outcome {
  const seconds = ({ lastBelievedAt, metAt }: Watch) => ((lastBelievedAt ?? metAt ?? 0) - (metAt ?? 0)) / 1_000;
  return {
    notes: watches.map(
      (watch) =>
        `${watch.name}: asked ${watch.asked} times with a revoked key; 200 after the first contact with the new primary ` +
        `${watch.believed} times, for ${seconds(watch).toFixed(1)} s; 200 before it ${watch.unaware} times; else ${JSON.stringify(watch.others)}` +
        (watch.metAt === undefined ? ' (it never met the new primary)' : ''),
    ),
    failures: watches
      .filter((watch) => seconds(watch) > BOUND_SECONDS)
      .map((watch) => `${watch.name} believed a revoked key for ${seconds(watch).toFixed(1)} s`),
  };
}

/** Roles that may do what the platform's may, so that the servers tell the processes apart. */
async function rolesOf({ databases }: Laboratory): Promise<{ name: string; url: string }[]> {
  const roles: { name: string; url: string }[] = [];
  for (const name of ['platform-a', 'platform-b']) {
    const url = new URL(databases.url);
    const known = await databases.query(databases.operatorUrl, `select from pg_roles where rolname = '${name}'`);
    if (known.length === 0) {
      const role = `create role "${name}" login password '${url.password}' in role billbridge`;
      await databases.query(databases.operatorUrl, role);
    }
    url.username = name;
    roles.push({ name, url: url.href });
  }
  return roles;
}

/** When a process first opened a connection to the member that is the primary now. */
async function metAt({ databases }: Laboratory, role: string): Promise<number | undefined> {
  const [row] = await databases
    .query(databases.operatorUrl, `select min(backend_start) as at from pg_stat_activity where usename = '${role}'`)
    .catch(() => []);
  const at = row?.['at'];
  return at instanceof Date ? at.getTime() : undefined;
}

async function keyOf(url: string, adminKey: string, partnerId: string): Promise<{ id: string }> {
  const { data } = await askJson<{ data: { id: string }[] }>(`${url}/admin/v1/partners/${partnerId}/keys`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  const [key] = data;
  if (!key) throw new Error('the partner has no key');
  return key;
}

export const revokedKeyRow: Row = {
  name: 'revoked-key',
  title: 'a key revoked at the new primary, the old one lives on with its connections',
  quick: false,
  play,
  mend: async ({ databases, patroni }) => {
    await patroni.healthy();
    await databases.keepOldConnections(false);
  },
};
