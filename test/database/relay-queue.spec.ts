import { randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { SecretBox } from '../../src/common/secret-box.js';
import { type Config, readConfig } from '../../src/config/config.js';
import { dataSourceOptions } from '../../src/database/database.js';
import { Listener } from '../../src/database/listener.js';
import { Primary } from '../../src/database/primary.js';
import { Partner } from '../../src/partners/partner.entity.js';
import type { Claimed } from '../../src/relay/claim.js';
import { DeliveryQueue, type Room } from '../../src/relay/delivery-queue.js';
import { Delivery } from '../../src/relay/delivery.entity.js';
import { RelayEndpoint } from '../../src/relay/endpoint.entity.js';
import { WakeUp } from '../../src/relay/wake-up.js';
import { RelayService } from '../../src/relay/relay.service.js';
import type { Json } from '../support/api.js';
import { newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';

const URL_OF_ENDPOINT = 'https://partner.example.com/hook';
const DELIVERED = { delivered: true, status: 204, answer: '' } as const;
const FAILED = { delivered: false, status: 503, error: 'the partner answered 503', sent: true } as const;

let dataSource: DataSource;
let relay: RelayService;
let queue: DeliveryQueue;
let partnerId: string;
let config: Config;
const box = new SecretBox([{ id: 'test', bytes: randomBytes(32) }]);

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  dataSource = new DataSource({ ...dataSourceOptions(databaseUrl, 8), entities: [Partner, Delivery, RelayEndpoint] });
  await dataSource.initialize();
  await dataSource.runMigrations();
  config = readConfig({
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    ADMIN_KEY: 'an-admin-key-of-32-characters-or-more',
  });
  relay = new RelayService(
    dataSource.getRepository(Delivery),
    box,
    new WakeUp(new Listener(new Primary(config.databaseUrl))),
  );
  queue = new DeliveryQueue(dataSource, box, config);
});
afterAll(() => dataSource.destroy());

beforeEach(async () => {
  partnerId = randomUUID();
  await dataSource.query('truncate deliveries, delivery_attempts, relay_endpoints');
  await dataSource.getRepository(Partner).insert({ id: partnerId, name: partnerId });
});

const enqueue = (subjectId: string = randomUUID(), url = URL_OF_ENDPOINT): Promise<string> =>
  dataSource.transaction((manager) =>
    relay.enqueue(manager, { partnerId, subjectId, url, contentType: 'text/plain', body: (n) => `number ${n}` }),
  );

const room = (changes: Partial<Room> = {}): Room => ({
  free: 100,
  byEndpoint: new Map(),
  byPartner: new Map(),
  perEndpoint: 100,
  perPartner: 100,
  ...changes,
});

const claimOne = async (): Promise<Claimed> => {
  const [claimed, ...more] = await queue.claim(room());
  if (!claimed || more.length > 0) throw new Error(`claimed ${more.length + (claimed ? 1 : 0)}`);
  return claimed;
};
const record = (claimed: Claimed, outcome: typeof DELIVERED | typeof FAILED = DELIVERED) =>
  queue.record(claimed, outcome, new Date(), 1);
const rowOf = (id: string): Promise<Delivery> => dataSource.getRepository(Delivery).findOneByOrFail({ id });

/** Runs a statement of the queue's without its effect. @returns the rows it answers, and the pages of 8 KiB it reads */
async function costOf(
  work: (overheard: DeliveryQueue) => Promise<unknown>,
): Promise<{ rows: number; blocks: number; ms: number }> {
  let asked: readonly unknown[] = [];
  const master = {
    connect: () =>
      Promise.resolve({
        query: ({ text, values }: { text: string; values: unknown[] }) => (
          (asked = [text, values]),
          Promise.resolve({ rows: [] })
        ),
        release: () => undefined,
      }),
  };
  const query = (...all: unknown[]) => ((asked = all), Promise.resolve([]));
  const overheard = { query, driver: { master } } as unknown as DataSource;
  await work(new DeliveryQueue(overheard, box, config));
  const [sql, values] = asked as [string, unknown[]];
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  const [row] = (await runner.query(`explain (analyze, buffers, format json) ${sql}`, values)) as Json[];
  await runner.rollbackTransaction();
  await runner.release();
  const { Plan: plan, 'Execution Time': ms } = row['QUERY PLAN'][0];
  return { rows: plan['Actual Rows'], blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], ms };
}

describe('the queue of deliveries', () => {
  it('numbers the deliveries of a subject, and lets the body hold the number', async () => {
    const subject = randomUUID();
    const ids = [await enqueue(subject), await enqueue(subject), await enqueue()];
    const rows = await Promise.all(ids.map(rowOf));
    expect(rows.map(({ sequence }) => sequence)).toEqual([1, 2, 1]);
    expect(rows.map(({ id, bodySealed }) => box.open(bodySealed, id, 'body'))).toEqual([
      'number 1',
      'number 2',
      'number 1',
    ]);
  });

  it('numbers without gap or repeat, also from many connections at once', async () => {
    const subject = randomUUID();
    await Promise.all(Array.from({ length: 20 }, () => enqueue(subject)));
    const rows = await dataSource.getRepository(Delivery).findBy({ subjectId: subject });
    expect(rows.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.filter(({ held }) => !held).map(({ sequence }) => sequence)).toEqual([1]);
    expect(await dataSource.getRepository(RelayEndpoint).count()).toBe(1);
  });

  it('refuses to enqueue outside a transaction', async () => {
    const message = {
      partnerId,
      subjectId: randomUUID(),
      url: URL_OF_ENDPOINT,
      contentType: 'text/plain',
      body: () => 'x',
    };
    await expect(relay.enqueue(dataSource.manager, message)).rejects.toThrow('inside a transaction');
  });

  it('gives each delivery to one of many that claim at once', async () => {
    for (let n = 0; n < 30; n += 1) await enqueue();
    const claims = await Promise.all(Array.from({ length: 8 }, () => queue.claim(room({ free: 30 }))));
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length + (await queue.claim(room())).length).toBe(30);
  });

  it('gives out no more than there is room for: in all, of a partner, of an endpoint', async () => {
    for (let n = 0; n < 6; n += 1) await enqueue(randomUUID(), `${URL_OF_ENDPOINT}/${n % 2}`);
    const [{ id = '' } = {}] = await dataSource.getRepository(RelayEndpoint).find({ order: { url: 'ASC' } });
    const taken = async (changes: Partial<Room>): Promise<number> => {
      const claimed = await queue.claim(room(changes));
      await dataSource.query('update deliveries set claimed_until = null');
      return claimed.length;
    };
    expect(await taken({ free: 4 })).toBe(4);
    expect(await taken({ perEndpoint: 2 })).toBe(4);
    expect(await taken({ perEndpoint: 2, byEndpoint: new Map([[id, 1]]) })).toBe(3);
    expect(await taken({ perEndpoint: 2, byEndpoint: new Map([[id, 9]]) })).toBe(2);
    expect(await taken({ perPartner: 5, byPartner: new Map([[partnerId, 2]]) })).toBe(3);
    expect(await taken({ perPartner: 5, byPartner: new Map([[partnerId, 5]]) })).toBe(0);
    expect(await taken({})).toBe(6);
  });

  it('gives out a claim that has run out, and takes nothing from whom it had before', async () => {
    await enqueue();
    const lost = await claimOne();
    expect(await queue.claim(room())).toEqual([]);
    const { claimedUntil } = await rowOf(lost.id);
    // 15 s deadline and 10 s grace.
    expect((claimedUntil?.getTime() ?? 0) - Date.now()).toBeLessThan(25_500);
    await dataSource.query('update deliveries set claimed_until = now()');
    const found = await claimOne();
    expect(await record(found)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(await record(lost, FAILED)).toBeUndefined();
    expect(await rowOf(lost.id)).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 204 });
  });

  it('wakes the next one, also when it is being recorded at the moment that the one before is delivered', async () => {
    const subject = randomUUID();
    await enqueue(subject);
    const first = await claimOne();
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const message = {
      partnerId,
      subjectId: subject,
      url: URL_OF_ENDPOINT,
      contentType: 'text/plain',
      body: () => 'second',
    };
    const second = await relay.enqueue(runner.manager, message);
    // Waits for the transaction that has seen it pending, and then knows of the second.
    const recorded = record(first);
    await eventually('the record waits', async () => {
      const [row] = await dataSource.query<{ n: string }[]>(
        `select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return Number(row?.n) === 1;
    });
    await runner.commitTransaction();
    await runner.release();
    expect(await recorded).toMatchObject({ status: 'delivered', dueIn: 0 });
    expect((await claimOne()).id).toBe(second);
  });

  it('keeps the order also where both are due', async () => {
    const subject = randomUUID();
    const first = await enqueue(subject);
    const second = await enqueue(subject);
    await dataSource.query(`update deliveries set next_attempt_at = now() - interval '1 hour' where id = $1`, [second]);
    const claimed = await claimOne();
    expect(claimed.id).toBe(first);
    expect(await queue.claim(room())).toEqual([]);
    await record(claimed, FAILED);
    expect((await claimOne()).id).toBe(second);
  });

  it('lets go what waits for a waker that died', async () => {
    const subject = randomUUID();
    const first = await enqueue(subject);
    const second = await enqueue(subject);
    await queue.wakeForgotten();
    expect((await rowOf(second)).held).toBe(true);
    await dataSource.query(`update deliveries set status = 'delivered', delivered_at = now() where id = $1`, [first]);
    expect(await queue.claim(room())).toEqual([]);
    await queue.wakeForgotten();
    expect((await claimOne()).id).toBe(second);
  });

  it('steps over a heap that may not go at the cost of one look', async () => {
    const sound = await enqueue(randomUUID(), 'https://sound.example.com/hook');
    await enqueue(randomUUID(), 'https://dead.example.com/hook');
    await dataSource.query(
      `insert into deliveries (id, partner_id, endpoint_id, subject_id, sequence, url, content_type, body_sealed, status, next_attempt_at)
       select gen_random_uuid(), partner_id, endpoint_id, gen_random_uuid(), 1, url, content_type, body_sealed, status, next_attempt_at
       from deliveries, generate_series(1, 20000) where url like '%dead%'`,
    );
    await dataSource.query('analyze deliveries');
    await dataSource.query(`update relay_endpoints set disabled_at = now() where url like '%dead%'`);
    const { rows, blocks } = await costOf((overheard) => overheard.claim(room()));
    expect(rows).toBe(1);
    // All of the heap is some hundred pages of 8 KiB.
    expect(blocks).toBeLessThan(100);
    expect((await claimOne()).id).toBe(sound);
  });

  it('costs as little when the statistics are of a quiet hour', async () => {
    const fill = (status: string, count: number) =>
      dataSource.query(
        `insert into deliveries (id, partner_id, endpoint_id, subject_id, sequence, url, content_type, body_sealed, status,
           next_attempt_at, delivered_at)
         select gen_random_uuid(), $1, e.id, gen_random_uuid(), 1, e.url, 'text/plain', 'x', $2,
           case when $2 = 'pending' then now() end, case when $2 = 'delivered' then now() end
         from relay_endpoints e, generate_series(1, $3::integer)`,
        [partnerId, status, count],
      );
    await enqueue();
    await dataSource.query(`update deliveries set status = 'delivered', delivered_at = now(), next_attempt_at = null`);
    await fill('delivered', 20_000);
    await dataSource.query('vacuum analyze deliveries');
    await fill('pending', 20_000);
    const claimed = await costOf((overheard) => overheard.claim(room({ free: 20 })));
    expect(claimed.rows).toBe(20);
    expect(claimed.blocks).toBeLessThan(20 * 60);
    const [first] = await queue.claim(room({ free: 20 }));
    if (!first) throw new Error('nothing was claimed');
    const recorded = await costOf((overheard) => overheard.record(first, DELIVERED, new Date(), 1));
    expect(recorded.rows).toBe(1);
    expect(recorded.blocks).toBeLessThan(100);
  });

  describe('with 10,000 endpoints of one partner that all have something due', () => {
    const MANY = 10_000;
    const url = 'https://other.example.com/hook';
    let other: string;

    beforeEach(async () => {
      await dataSource.query(
        `insert into relay_endpoints (id, partner_id, url, url_digest)
         select gen_random_uuid(), $1, 'https://many.example.com/' || n, sha256(n::text::bytea) from generate_series(1, ${MANY}) n`,
        [partnerId],
      );
      await dataSource.query(
        `insert into deliveries (id, partner_id, endpoint_id, subject_id, sequence, url, content_type, body_sealed, status, next_attempt_at)
         select gen_random_uuid(), $1, id, gen_random_uuid(), 1, url, 'text/plain', 'x', 'pending', now() from relay_endpoints`,
        [partnerId],
      );
      const [many, few] = [partnerId, randomUUID()];
      await dataSource.getRepository(Partner).insert({ id: few, name: few });
      partnerId = few;
      other = await enqueue(randomUUID(), url);
      partnerId = many;
      await dataSource.query('analyze deliveries');
      await dataSource.query('analyze relay_endpoints');
    });

    it('costs the others little, who are served at once', async () => {
      const cost = await costOf((overheard) => overheard.claim(room({ perPartner: 25 })));
      process.stdout.write(`claim beside ${MANY} endpoints: ${cost.blocks} blocks, ${cost.ms} ms\n`);
      expect(cost.blocks).toBeLessThan(10_000);
      const claimed = await queue.claim(room({ perPartner: 25 }));
      expect(claimed.map(({ id }) => id)).toContain(other);
      expect(claimed).toHaveLength(26);
    });

    it('comes to each of them in one round, and then has been round', async () => {
      await dataSource.query(`update relay_endpoints set disabled_at = now() where partner_id = $1`, [partnerId]);
      const [[{ id: last = '' } = {}]] = await dataSource.query<[{ id: string }[], number]>(
        `update relay_endpoints set disabled_at = null where id = (
           select id from relay_endpoints where partner_id = $1 order by id desc limit 1) returning id`,
        [partnerId],
      );
      const walk = new DeliveryQueue(dataSource, box, config);
      expect(await walk.claim(room())).toMatchObject([{ id: other }]);
      const found: string[] = [];
      let claims = 1;
      for (; walk.more && found.length === 0; claims += 1) {
        found.push(...(await walk.claim(room())).map(({ endpointId }) => endpointId));
      }
      expect(found).toEqual([last]);
      expect(claims).toBeLessThan(60);
      for (claims = 1; (await walk.claim(room())).length === 0 && walk.more;) claims += 1;
      expect(claims).toBeLessThan(60);
      expect(claims).toBeGreaterThan(10);
    });
  });

  it('tells its age and its counts', async () => {
    expect([await relay.oldestUndeliveredSeconds(), await relay.countUndelivered()]).toEqual([
      null,
      { pending: 0, parked: 0 },
    ]);
    const [old, young, done] = [await enqueue(), await enqueue(), await enqueue()];
    await dataSource.query(
      `update deliveries set created_at = now() - interval '90 seconds', status = 'parked', parked_at = now() where id = $1`,
      [old],
    );
    await dataSource.query(`update deliveries set status = 'delivered', delivered_at = now() where id = $1`, [done]);
    expect(await relay.countUndelivered()).toEqual({ pending: 1, parked: 1 });
    expect(await relay.oldestUndeliveredSeconds()).toBeGreaterThanOrEqual(90);
    await dataSource.query(`delete from deliveries where id = $1`, [old]);
    expect(await relay.oldestUndeliveredSeconds()).toBeLessThan(90);
    expect((await rowOf(young)).status).toBe('pending');
  });
});
