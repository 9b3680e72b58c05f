import { DataSource } from 'typeorm';
import type { AlertBook } from '../../src/alerts/alert-book.js';
import { dataSourceOptions } from '../../src/database/database.js';
import type { Spool } from '../../src/spool/spool.js';
import { Overview } from '../../src/operations/overview.js';
import { Partner } from '../../src/partners/partner.entity.js';
import { narrow } from '../../src/relay/delivery-filter.js';
import { Delivery } from '../../src/relay/delivery.entity.js';
import { RelayEndpoint } from '../../src/relay/endpoint.entity.js';
import type { Json } from '../support/api.js';
import { newDatabase } from '../support/db.js';

const MANY = 50_000;
const PARTNER = '11111111-1111-4111-8111-111111111111';
const BILLERS = ['22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'] as const;

let dataSource: DataSource;

beforeAll(async () => {
  const entities = [Partner, Delivery, RelayEndpoint];
  dataSource = new DataSource({ ...dataSourceOptions(await newDatabase(), 2), entities });
  await dataSource.initialize();
  await dataSource.runMigrations();
  const fill = (sql: string, values: unknown[] = []) => dataSource.query(sql, values);
  await fill(`insert into partners (id, name) values ($1, 'p')`, [PARTNER]);
  await fill(
    `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
     select id, $1, 'b', 'd', id, 'test', '{"pinned":{},"defaults":{}}' from unnest($2::uuid[]) id`,
    [PARTNER, BILLERS],
  );
  await fill(
    `insert into relay_endpoints (id, partner_id, url, url_digest) values (gen_random_uuid(), $1, 'https://a.example/', '')`,
    [PARTNER],
  );
  // The second biller has ten, and they are the oldest.
  await fill(
    `insert into deliveries (id, partner_id, endpoint_id, subject_id, biller_id, sequence, url, content_type, body_sealed, status)
     select lpad(to_hex(n), 32, '0')::uuid, $1, e.id, gen_random_uuid(), ($2::uuid[])[case when n <= 10 then 2 else 1 end], 1,
       e.url, 'text/plain', 'x', 'delivered'
     from relay_endpoints e, generate_series(1, ${MANY}) n`,
    [PARTNER, BILLERS],
  );
  await fill(
    `insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, capability_digest)
     values ($1, $2, $1, 'open', 'a', 'i', '')`,
    [PARTNER, BILLERS[0]],
  );
  await fill(
    `insert into payment_events (id, payment_id, type, data)
     select gen_random_uuid(), $1, case when n <= 10 then 'payment.alert' else 'payment.open' end, '{}'
     from generate_series(1, ${MANY}) n`,
    [PARTNER],
  );
  await fill('vacuum analyze');
}, 60_000);
afterAll(() => dataSource.destroy());

/** @returns the pages of 8 KiB that a statement reads */
async function blocksOf(sql: string, values: unknown[]): Promise<number> {
  const [row] = await dataSource.query<[Json]>(`explain (analyze, buffers, format json) ${sql}`, values);
  const { Plan: plan } = row['QUERY PLAN'][0];
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

describe(`among ${MANY} others`, () => {
  it.each<[string, readonly string[] | null, string | undefined]>([
    ['that a key for one biller may see', [BILLERS[1]], undefined],
    ['that are asked for by biller', null, BILLERS[1]],
  ])('the deliveries of a biller %s are read by its index', async (_, billerIds, billerId) => {
    const select = dataSource.getRepository(Delivery).createQueryBuilder('d');
    narrow(select, { partnerId: PARTNER, mode: 'test', billerIds }, { billerId });
    select.orderBy('d.id', 'DESC').limit(21);
    expect(await select.getCount()).toBe(10);
    expect(await blocksOf(...select.getQueryAndParameters())).toBeLessThan(50);
  });

  it('the events that the overview counts are read by their index', async () => {
    const asked: string[] = [];
    const overheard = { query: (sql: string) => (asked.push(sql), Promise.resolve([{}])) } as unknown as DataSource;
    const noSpool = { state: () => undefined } as unknown as Spool;
    await new Overview(overheard, { standing: () => [] } as unknown as AlertBook, noSpool).read();
    const counts = asked.find((sql) => sql.includes('payment.alert')) ?? '';
    const [row] = await dataSource.query<[Json]>(counts);
    expect(row).toMatchObject({ alertsToday: 10, unconfirmedToday: 0 });
    expect(await blocksOf(counts, [])).toBeLessThan(50);
  });
});
