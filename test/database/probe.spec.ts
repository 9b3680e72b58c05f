import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/database/embedded-postgres.js';
import { Primary } from '../../src/database/primary.js';
import { DatabaseProbe } from '../../src/database/probe.js';
import { eventually } from '../support/eventually.js';

// A server of its own: what is set here is set for all of it.
let dataDir: string;
let postgres: EmbeddedPostgres;
let client: Client;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'billbridge-probe-'));
  await chmod(dataDir, 0o711);
  postgres = await startEmbeddedPostgres({ dataDir });
  client = new Client({ connectionString: postgres.url });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client.end();
  await postgres.stop();
  await removeEmbeddedPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const configure = async (sql: string): Promise<void> => {
  await client.query(sql);
  await client.query('select pg_reload_conf()');
};

test('commits that wait for a lost standby are missed in time, and leave one process of the server behind at most', async () => {
  const probe = new DatabaseProbe(new Primary(postgres.url));
  expect(await probe.lacks()).toBeUndefined();
  await configure(`alter system set synchronous_standby_names = 'nobody'`);
  const pids = new Set<number>();
  await eventually(
    'three looks were given up',
    async () => {
      const began = performance.now();
      const lack = await probe.lacks();
      expect(performance.now() - began).toBeLessThan(2_000);
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'billbridge-probe' and wait_event = 'SyncRep'`,
      );
      for (const { pid } of rows) pids.add(pid);
      expect(rows.length).toBeLessThanOrEqual(2);
      return pids.size >= 3 && lack?.missing === 'confirmed-write';
    },
    40_000,
  );
  await configure('alter system reset synchronous_standby_names');
  await eventually('writes are confirmed again', async () => (await probe.lacks()) === undefined);
  probe.beforeApplicationShutdown();
}, 90_000);
