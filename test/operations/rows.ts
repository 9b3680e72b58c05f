import { sleep, until } from '../chaos/time.js';
import type { Laboratory } from './laboratory.js';
import { bouncerRow } from './bouncer-row.js';
import { revokedKeyRow } from './revoked-key-row.js';
import { rollingRow } from './rolling-row.js';
import { underLoad, type Pace, type Row } from './row.js';

/** The database's address leads to nothing for so long: both members are taken out of HAProxy. */
const away = (seconds: number) =>
  underLoad({
    seconds: seconds + 5,
    awaySeconds: seconds - 2,
    strike: async ({ databases }) => {
      await databases.shut();
      await sleep(seconds * 1_000);
      await databases.open();
    },
  });

/** Both servers are stopped at once while Patroni looks away (`patronictl pause`), and started again. */
const stopped = (seconds: number) =>
  underLoad({
    seconds: seconds + 30,
    awaySeconds: seconds - 2,
    strike: async ({ patroni }) => {
      await patroni.configure({ pause: true });
      for (const member of patroni.members) await member.stopPostgres();
      await sleep(seconds * 1_000);
      for (const member of patroni.members) await member.startPostgres();
      await patroni.primary();
      await patroni.configure({ pause: null });
    },
  });

/** Each process in turn is told to stop and started anew, as a deploy does. */
async function deploy({ platform, web }: Laboratory) {
  const from = Date.now();
  for (const slot of [0, 1, 0, 1]) {
    await platform.restart(slot);
    await web.sees(slot);
  }
  return { from, until: Date.now() };
}

/** Commits wait for a standby, and there is none. */
async function withoutStandby({ patroni }: Laboratory, { timed }: Pace) {
  const standby = await patroni.standby();
  await patroni.configure({ synchronous_mode_strict: true });
  await standby.killAll();
  await sleep(timed ? 20_000 : 10_000);
  standby.patroni.start();
  await patroni.healthy();
}

export const ROWS: readonly Row[] = [
  {
    name: 'switchover',
    title: "Patroni's planned switchover",
    quick: true,
    play: underLoad({ seconds: 20, awaySeconds: 0.2, strike: ({ patroni }) => patroni.switchover() }),
  },
  {
    name: 'hosts',
    title: 'planned switchover, both members in DATABASE_URL, no HAProxy between',
    quick: false,
    play: underLoad({
      seconds: 20,
      awaySeconds: 0.2,
      env: ({ databases }) => Promise.resolve({ DATABASE_URL: databases.hostsUrl }),
      strike: ({ patroni }) => patroni.switchover(),
    }),
  },
  {
    name: 'kill-postgres',
    title: "kill -9 of the primary's PostgreSQL",
    quick: true,
    play: underLoad({
      seconds: 25,
      awaySeconds: 0.2,
      strike: async ({ patroni }) => (await patroni.primary()).killPostgres(),
    }),
  },
  {
    name: 'kill-both',
    title: 'kill -9 of Patroni and PostgreSQL of the primary',
    quick: false,
    play: underLoad({
      seconds: 75,
      awaySeconds: 8,
      strike: async ({ patroni }) => (await patroni.primary()).killAll(),
    }),
  },
  {
    name: 'kill-patroni',
    title: 'kill -9 of Patroni alone, the old primary lives on',
    quick: false,
    play: underLoad({
      seconds: 75,
      awaySeconds: 2,
      strike: async ({ patroni }) => {
        const old = await patroni.primary();
        await old.patroni.stop('SIGKILL');
        await until(async () => (await patroni.primary(1_000)) !== old, 60_000);
      },
    }),
  },
  { name: 'away-7s', title: 'database away 7 s', quick: true, play: away(7) },
  { name: 'away-33s', title: 'database stopped for 33 s', quick: false, play: stopped(33) },
  { name: 'away-5min', title: 'database away 303 s', quick: false, play: away(303) },
  {
    name: 'silent',
    title: 'database silent for 15 s: connections stay, nothing comes',
    quick: false,
    play: underLoad({
      seconds: 25,
      awaySeconds: 12,
      strike: async ({ databases }) => {
        databases.silence(true);
        await sleep(15_000);
        databases.silence(false);
      },
    }),
    mend: ({ databases }) => Promise.resolve(databases.silence(false)),
  },
  {
    name: 'standby-lost',
    title: 'the only synchronous standby lost, strict mode',
    quick: true,
    play: underLoad({ seconds: 40, awaySeconds: 8, strike: withoutStandby }),
    mend: async ({ patroni }) => patroni.configure({ synchronous_mode_strict: null }),
  },
  {
    name: 'disk-full',
    title: "the primary's disk full for 15 s",
    quick: false,
    disks: true,
    play: underLoad({
      seconds: 60,
      strike: async ({ patroni, disks }) => {
        const disk = disks.get((await patroni.primary()).name);
        const from = Date.now();
        await disk?.fill();
        await sleep(15_000);
        await disk?.free();
        return { from, until: Date.now() };
      },
    }),
    mend: async ({ disks }) => {
      for (const disk of disks.values()) await disk.free();
    },
  },
  {
    name: 'deploys',
    title: 'four SIGTERMs behind HAProxy with its defaults',
    quick: false,
    play: underLoad({ seconds: 200, strike: deploy }),
  },
  revokedKeyRow,
  bouncerRow,
  rollingRow,
];
