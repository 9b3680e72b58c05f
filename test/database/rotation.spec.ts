import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { sealRows } from '../../bench/rotation/sealed-rows.js';
import { type EncryptionKey, SealBroken, SecretBox } from '../../src/common/secret-box.js';
import { migrate } from '../../src/database/migrate.js';
import { type Progress, rotate, verifyKeys } from '../../src/database/rotation.js';
import { newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';

const key = (id: string): EncryptionKey => ({ id, bytes: randomBytes(32) });
/** An underscore and a percent sign mean nothing in a key's id. */
const [OLD, NEW] = [key('k_1'), key('kx1')];
const VALUES = 6_000;

let url: string;
let clients: [Client, Client, Client];
let other: Client;

beforeEach(async () => {
  url = await newDatabase();
  await migrate(url);
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    return client;
  };
  clients = [await connect(), await connect(), await connect()];
  other = await connect();
  expect(await sealRows(url, OLD, VALUES)).toBe(VALUES);
});
afterEach(async () => {
  for (const client of [...clients, other]) await client.end();
});

const count = async (table: string, column: string, prefix: string): Promise<number> => {
  const { rows } = await other.query<{ n: string }>(
    `select count(*) as n from ${table} where starts_with(${column}, $1)`,
    [prefix],
  );
  return Number(rows[0]?.n);
};

describe('a rotation', () => {
  it('seals every value with the first key, and says how far it is', async () => {
    const said: Progress[] = [];
    expect(await rotate(clients, [NEW, OLD], (progress) => said.push(progress))).toBe(VALUES);
    expect(said.filter(({ rest }) => rest === 0).map(({ column, done }) => [column, done])).toEqual([
      ['payments.hosted_page_sealed', VALUES / 4],
      ['postbacks.raw_sealed', VALUES / 4],
      ['deliveries.body_sealed', VALUES / 4],
      ['delivery_attempts.answer_sealed', VALUES / 4],
    ]);
    expect(said.every(({ rate }) => rate > 0)).toBe(true);
    expect(await verifyKeys(other, [NEW])).toEqual({ sound: VALUES, findings: [] });
    expect(await rotate(clients, [NEW, OLD], () => undefined)).toBe(0);
  });

  const firstPayments = async (n: number): Promise<string[]> =>
    (await other.query<{ id: string }>(`select id from payments order by id limit ${n}`)).rows.map(({ id }) => id);

  it('waits for nobody with rows in hand', async () => {
    const [changed = '', held = ''] = await firstPayments(2);
    const written = new SecretBox([NEW, OLD]).seal('of the writer', changed, 'hosted-page');
    await other.query('begin');
    await other.query('update payments set hosted_page_sealed = $2 where id = $1', [changed, written]);
    await other.query('update payments set updated_at = now() where id = $1', [held]);
    const rotating = rotate(clients, [NEW, OLD], () => undefined);
    await eventually('all others are sealed anew', async () => {
      return (await count('payments', 'hosted_page_sealed', 'v1.kx1.')) === VALUES / 4 - 1;
    });
    await other.query('commit');
    expect(await rotating).toBe(VALUES - 1);
    expect(await verifyKeys(other, [NEW])).toEqual({ sound: VALUES, findings: [] });
  });

  it('leaves a value that changes after it was read to its writer', async () => {
    const [changed = ''] = await firstPayments(1);
    const written = new SecretBox([NEW, OLD]).seal('of the writer', changed, 'hosted-page');
    await other.query('begin');
    // Whoever reads goes on; whoever writes waits.
    await other.query('lock table payments in share mode');
    const rotating = rotate(clients, [NEW, OLD], () => undefined);
    await eventually('both writers wait', async () => {
      const { rows } = await other.query(`select from pg_locks where relation = 'payments'::regclass and not granted`);
      return rows.length === 2;
    });
    await other.query('update payments set hosted_page_sealed = $2 where id = $1', [changed, written]);
    await other.query('commit');
    expect(await rotating).toBe(VALUES - 1);
    const { rows } = await other.query('select hosted_page_sealed as sealed from payments where id = $1', [changed]);
    expect(rows).toEqual([{ sealed: written }]);
  });

  it('that was stopped is gone on with', async () => {
    const [, writer] = clients;
    const query = writer.query.bind(writer) as (...args: unknown[]) => Promise<unknown>;
    let batches = 0;
    const breaking = (...args: unknown[]): Promise<unknown> => {
      batches += 1;
      return batches > 2 ? Promise.reject(new Error('stopped')) : query(...args);
    };
    writer.query = breaking as Client['query'];
    await expect(rotate(clients, [NEW, OLD], () => undefined)).rejects.toThrow('stopped');
    writer.query = query as Client['query'];
    const done =
      (await count('payments', 'hosted_page_sealed', 'v1.kx1.')) + (await count('postbacks', 'raw_sealed', 'v1.kx1.'));
    expect(done).toBeGreaterThanOrEqual(1_000);
    expect(done).toBeLessThan(VALUES);
    expect(await rotate(clients, [NEW, OLD], () => undefined)).toBe(VALUES - done);
    expect(await verifyKeys(other, [NEW])).toEqual({ sound: VALUES, findings: [] });
  });

  it('stops at a value that does not open', async () => {
    await other.query(`update postbacks set raw_sealed = overlay(raw_sealed placing '####' from 30) where id = (
      select id from postbacks order by id offset 700 limit 1)`);
    await expect(rotate(clients, [NEW, OLD], () => undefined)).rejects.toThrow(SealBroken);
    await expect(rotate(clients, [NEW], () => undefined)).rejects.toThrow('"k_1", which is not in ENCRYPTION_KEYS');
    expect(await count('postbacks', 'raw_sealed', 'v1.kx1.')).toBeLessThan(VALUES / 4);
  });
});
