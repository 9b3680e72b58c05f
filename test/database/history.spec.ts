import { Client } from 'pg';
import { migrate } from '../../src/database/migrate.js';
import { newDatabase } from '../support/db.js';

const PARTNER = '11111111-1111-4111-8111-111111111111';
const BILLER = '22222222-2222-4222-8222-222222222222';
const PAYMENT = '33333333-3333-4333-8333-333333333333';

let client: Client;

beforeAll(async () => {
  const url = await newDatabase();
  await migrate(url);
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`insert into partners (id, name) values ($1, 'p')`, [PARTNER]);
  await client.query(
    `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
     values ($1, $2, 'b', 'd', $1, 'test', '{"pinned":{},"defaults":{}}')`,
    [BILLER, PARTNER],
  );
});
afterAll(() => client.end());

/** Most of what payments write has no foreign keys (decision 14); what they kept of the other side a trigger keeps. */
describe('nothing with a history is deleted', () => {
  const gone = (table: string, id: string) => client.query(`delete from ${table} where id = $1`, [id]);

  beforeEach(() =>
    client.query(
      `insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, capability_digest)
       values ($1, $2, $3, 'open', 'a', 'i', '')`,
      [PAYMENT, BILLER, PARTNER],
    ),
  );
  afterEach(async () => {
    for (const table of ['payment_events', 'receipts', 'postbacks']) await client.query(`delete from ${table}`);
    await client.query('delete from payments');
  });

  it('a biller with payments, by a foreign key', async () => {
    await expect(gone('billers', BILLER)).rejects.toMatchObject({ code: '23503' });
  });

  it.each([
    ['events', `insert into payment_events (id, payment_id, type, data) values ($1, $1, 'payment.open', '{}')`],
    [
      'receipts',
      `insert into receipts (id, payment_id, biller_id, payment_guid, amount_cents, refund_cents) values ($1, $1, $1, 'g', 1, 0)`,
    ],
    [
      'postbacks',
      `insert into postbacks (id, payment_id, source, verdict, reasons, meaning, raw_sealed)
       values ($1, $1, 'postback', 'verified', '{}', '', 'x')`,
    ],
  ])('a payment with %s', async (_, insert) => {
    await client.query(insert, [PAYMENT]);
    const refused = { code: '23503', message: 'the payment has a history' };
    await expect(gone('payments', PAYMENT)).rejects.toMatchObject(refused);
  });

  it('what has none may go', async () => {
    await gone('payments', PAYMENT);
    const { rows } = await client.query('select from payments');
    expect(rows).toEqual([]);
  });

  it('a partner with billers, by a foreign key', async () => {
    await expect(gone('partners', PARTNER)).rejects.toMatchObject({ code: '23503' });
  });
});
