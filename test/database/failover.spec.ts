import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Batches } from '../../src/database/batches.js';
import { servingOptions } from '../../src/database/database.js';
import { isAway, isReadOnly, NotReplicated } from '../../src/database/postgres-errors.js';
import { type Place, Primary } from '../../src/database/primary.js';
import { Lane, prepared, type Run } from '../../src/database/prepared.js';
import { Cluster, removeClusters } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { stage } from '../support/stage-facts.js';
import { TurningProxy } from '../support/turning-proxy.js';

const WRITE = prepared('insert into notes (text) values ($1) returning pg_backend_pid() as pid');
const NOTES = 'create table notes (text text not null)';

const opened: DataSource[] = [];
const proxies: TurningProxy[] = [];

/** As a serving process has it, on a few connections. */
async function serving(
  url: string,
  poolSize = 4,
  connectionSeconds = 300,
): Promise<{ dataSource: DataSource; primary: Primary }> {
  const primary = new Primary(url);
  const dataSource = await new DataSource(servingOptions(primary, poolSize, connectionSeconds)).initialize();
  opened.push(dataSource);
  return { dataSource, primary };
}

async function proxyTo(cluster: Cluster): Promise<TurningProxy> {
  const proxy = await TurningProxy.to(cluster.port);
  proxies.push(proxy);
  return proxy;
}

const write = async (items: readonly string[], run: Run): Promise<number[]> => {
  const [row] = await run<{ pid: number }>(WRITE, [items.join()]);
  return items.map(() => row?.pid ?? 0);
};

/** The ways in which the platform writes. Each answers with the process of the server that did it. */
const WAYS: readonly [string, (dataSource: DataSource) => Promise<number>][] = [
  ['a query', async (dataSource) => pidOf(await dataSource.query(WRITE.text, ['one']))],
  [
    'a transaction',
    (dataSource) => dataSource.transaction(async (manager) => pidOf(await manager.query(WRITE.text, ['one']))),
  ],
  ['a lane', async (dataSource) => pidOf(await new Lane(dataSource).run(WRITE, ['one']))],
  ['a batch', (dataSource) => new Batches(dataSource, write).add('one')],
];
const pidOf = (rows: unknown): number => (rows as { pid: number }[])[0]?.pid ?? 0;

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (answer) => `no failure, but ${JSON.stringify(answer)}`,
    (error: unknown) => error,
  );

afterAll(async () => {
  await Promise.all(opened.map((dataSource) => dataSource.destroy()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await removeClusters();
});

describe('a server that takes no writes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.query(NOTES);
  });
  const readOnly = async (on: boolean): Promise<void> => {
    await cluster.query(`alter system set default_transaction_read_only = ${on ? 'on' : 'off'}`, 'postgres');
    await cluster.query('select pg_reload_conf()', 'postgres');
    const shown = on ? 'on' : 'off';
    await eventually('it is known', async () => {
      const [row] = await cluster.query<{ v: string }>(`select current_setting('transaction_read_only') as v`);
      return row?.v === shown;
    });
    // Its other sessions hear of it at their next statement at the latest.
    await sleep(100);
  };

  test.each(WAYS)('gets back no connection on which it has said so: by %s', async (_, way) => {
    const { dataSource } = await serving(cluster.url, 2);
    const before = await way(dataSource);
    await readOnly(true);
    const refused = await failureOf(way(dataSource));
    expect([isReadOnly(refused), isAway(refused)]).toEqual([true, true]);
    // And no new one is had of it.
    await eventually(
      'none is left',
      async () => isReadOnly(await failureOf(way(dataSource))) && idleOf(dataSource) === 0,
    );
    await readOnly(false);
    expect(await way(dataSource)).not.toBe(before);
  });
});

test('no connection lives longer than it may, idle or not', async () => {
  const { dataSource } = await serving(stage.settings['DATABASE_URL'] ?? '', 1, 1);
  const before = pidOf(await dataSource.query('select pg_backend_pid() as pid, pg_sleep(1.5)'));
  const after = pidOf(await dataSource.query('select pg_backend_pid() as pid'));
  expect(after).not.toBe(before);
  await eventually('it is closed', () => idleOf(dataSource) === 0);
});

const idleOf = (dataSource: DataSource): number =>
  (dataSource.driver as unknown as { master: { totalCount: number } }).master.totalCount;

describe('a commit that waits for a synchronous standby which is away', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.query(NOTES);
    await cluster.query(`alter system set synchronous_standby_names = 'away'`, 'postgres');
    await cluster.query('select pg_reload_conf()', 'postgres');
  });
  const WAITING = `from pg_stat_activity where wait_event = 'SyncRep'`;

  test.each(
    WAYS.flatMap(([name, way]) => [
      [name, 'pg_cancel_backend', way] as const,
      [name, 'pg_terminate_backend', way] as const,
    ]),
  )('and is ended fails, though it is there: %s, by %s', async (_, end, way) => {
    await cluster.query('set synchronous_commit = local; truncate notes');
    const { dataSource } = await serving(cluster.url, 2);
    const failed = failureOf(way(dataSource));
    await eventually('it waits', async () => (await cluster.query(`select ${end}(pid) ${WAITING}`)).length === 1);
    const error = await failed;
    const cause = (error as { driverError?: unknown }).driverError ?? error;
    expect(cause).toBeInstanceOf(NotReplicated);
    expect(isAway(error)).toBe(true);
    expect(await cluster.query('select text from notes')).toEqual([{ text: 'one' }]);
    // The next answer is not taken for one.
    expect(await dataSource.query('select 1 as n')).toEqual([{ n: 1 }]);
  });
});

describe('a connection that falls silent', () => {
  test('does not hold up what comes later', async () => {
    const cluster = await Cluster.create();
    await cluster.query(NOTES);
    const proxy = await proxyTo(cluster);
    const { dataSource } = await serving(cluster.urlAt(proxy.port));
    const batches = new Batches(dataSource, write);
    const before = await batches.add('before');
    proxy.silence();
    const lost = failureOf(batches.add('lost'));
    await sleep(50);
    const later = await Promise.all(['a', 'b', 'c'].map((item) => batches.add(item)));
    expect(later.every((pid) => pid !== before)).toBe(true);
    // Nobody knows yet of the one that was sent before.
    expect(await Promise.race([lost, sleep(0, 'waits')])).toBe('waits');
    await proxy.close();
    expect(isAway(await lost)).toBe(true);
  });
});

describe('a standby that is promoted while the old primary lives on', () => {
  let old: Cluster;
  let promoted: Cluster;
  let proxy: TurningProxy;
  beforeAll(async () => {
    old = await Cluster.create();
    await old.query(NOTES);
    promoted = await old.standby();
    proxy = await proxyTo(old);
  });

  test('is written to from the first contact on, and the old one by nobody any more', async () => {
    const { dataSource, primary } = await serving(old.urlAt(proxy.port), 6);
    const changes: (Place | undefined)[] = [];
    primary.onChange((now, before) => changes.push(before, now));
    const pids = await Promise.all([1, 2, 3].map(() => dataSource.query('select pg_sleep(0.2)')));
    expect(pids).toHaveLength(3);
    expect(primary.current?.timeline).toBe(1);

    // While it is a standby, nobody gets a connection to it, and what is connected stays.
    proxy.turnTo(promoted.port);
    expect(isReadOnly(await failureOf(primary.look()))).toBe(true);
    expect(await dataSource.query('select pg_is_in_recovery() as standby')).toEqual([{ standby: false }]);

    await promoted.promote();
    const underWay = failureOf(dataSource.query('select pg_sleep(20)'));
    await sleep(100);
    await primary.look();
    expect(changes).toEqual([
      { system: primary.current?.system, timeline: 1 },
      { system: primary.current?.system, timeline: 2 },
    ]);
    expect(String(await underWay)).toMatch(/former primary/);
    expect(isAway(await underWay)).toBe(true);
    await Promise.all(WAYS.map(([, way]) => way(dataSource)));
    expect(await promoted.query('select text from notes')).toHaveLength(WAYS.length);

    // The way back is closed: a connection to the old one is none.
    const strays: Place[] = [];
    primary.onStray((stray) => strays.push(stray));
    proxy.turnTo(old.port);
    expect(isAway(await failureOf(primary.look()))).toBe(true);
    expect(strays).toEqual([{ system: primary.current?.system, timeline: 1 }]);
    await Promise.all(WAYS.map(([, way]) => way(dataSource)));
    expect(await promoted.query('select text from notes')).toHaveLength(2 * WAYS.length);
    expect(await old.query('select text from notes')).toHaveLength(0);
  });

  test('is not mistaken for another system, of which the one met last counts', async () => {
    const other = await Cluster.create();
    proxy.turnTo(promoted.port);
    const { dataSource, primary } = await serving(old.urlAt(proxy.port), 2);
    const first = primary.current;
    proxy.turnTo(other.port);
    await primary.look();
    expect(primary.current?.system).not.toBe(first?.system);
    expect(primary.current?.timeline).toBe(1);
    const rows = await dataSource.query<Place[]>('select system_identifier::text as system from pg_control_system()');
    expect(rows[0]?.system).toBe(primary.current?.system);
  });
});
