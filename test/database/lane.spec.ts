import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { watched } from '../../src/database/database.js';
import { Lane, prepared } from '../../src/database/prepared.js';
import { newDatabase } from '../support/db.js';

const SLEEP = prepared('select pg_sleep($1::float8), pg_backend_pid() as pid, clock_timestamp() as at');
const REFUSED = prepared('select 1 / $1::int as n');

interface Slept {
  readonly pid: number;
  readonly at: Date;
}

describe('a lane', () => {
  let url: string;
  const pools: Pool[] = [];
  const poolOf = (max: number): { pool: Pool; lane: Lane } => {
    const pool = new Pool({ connectionString: url, max, ...watched });
    // A connection that a test ends may have its last word when the pool has it back.
    pool.on('error', () => undefined);
    pools.push(pool);
    return { pool, lane: new Lane({ driver: { master: pool } } as unknown as DataSource) };
  };
  beforeAll(async () => {
    url = await newDatabase();
  });
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  test('sends a statement before the one in front of it is answered, and PostgreSQL goes from one to the next', async () => {
    const { pool, lane } = poolOf(2);
    await lane.run(SLEEP, [0]);
    const first = lane.run<Slept>(SLEEP, [0.1]);
    const second = lane.run<Slept>(SLEEP, [0]);
    const both = Promise.all([first, second]);
    // This process is busy while PostgreSQL works: what was not sent by now would come behind.
    await new Promise((done) => setTimeout(done, 30));
    for (const end = performance.now() + 300; performance.now() < end;);
    const [[slept], [behind]] = await both;
    expect(behind?.pid).toBe(slept?.pid);
    expect(Number(behind?.at) - Number(slept?.at)).toBeLessThan(150);
    expect(pool.totalCount).toBe(1);
    expect(pool.idleCount).toBe(1);
  });

  test('goes on behind a statement that is refused, on the same connection', async () => {
    const { pool, lane } = poolOf(2);
    const [{ pid } = { pid: 0 }] = await lane.run<Slept>(SLEEP, [0]);
    const refused = lane.run(REFUSED, [0]);
    const behind = lane.run<Slept>(SLEEP, [0]);
    await expect(refused).rejects.toMatchObject({ code: '22012' });
    expect(await behind).toEqual([expect.objectContaining({ pid })]);
    expect(await lane.run<Slept>(SLEEP, [0])).toEqual([expect.objectContaining({ pid })]);
    expect(pool.idleCount).toBe(1);
  });

  test('that loses its connection says so to all on it, and takes another one', async () => {
    const { pool, lane } = poolOf(2);
    const [{ pid } = { pid: 0 }] = await lane.run<Slept>(SLEEP, [0]);
    const all = Promise.allSettled([lane.run(SLEEP, [5]), lane.run(SLEEP, [0])]);
    await pool.query('select pg_terminate_backend($1)', [pid]);
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const [next] = await lane.run<Slept>(SLEEP, [0]);
    expect(next?.pid).not.toBe(pid);
  });

  test('that gets no connection says so, and asks again next time', async () => {
    const { pool, lane } = poolOf(1);
    const taken = await pool.connect();
    pool.options.connectionTimeoutMillis = 50;
    await expect(Promise.all([lane.run(SLEEP, [0]), lane.run(SLEEP, [0])])).rejects.toThrow(/timeout exceeded/);
    taken.release();
    expect(await lane.run(SLEEP, [0])).toHaveLength(1);
  });

  test('keeps its connection where others have enough', async () => {
    const { pool, lane } = poolOf(3);
    const idle = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    for (const client of idle) client.release();
    const first = lane.run<Slept>(SLEEP, [0.1]);
    await new Promise((done) => setTimeout(done, 30));
    const other = pool.connect();
    const second = lane.run<Slept>(SLEEP, [0]);
    (await other).release();
    expect((await second)[0]?.pid).toBe((await first)[0]?.pid);
  });

  test('leaves its connection to whoever waits for one, however much goes by it', async () => {
    const { pool, lane } = poolOf(1);
    pool.options.connectionTimeoutMillis = 1_000;
    let going = true;
    const busy = async (): Promise<void> => {
      while (going) await lane.run(SLEEP, [0.02]);
    };
    const clients = Array.from({ length: 8 }, busy);
    await new Promise((done) => setTimeout(done, 50));
    const client = await pool.connect().finally(() => (going = false));
    client.release();
    await Promise.all(clients);
    expect(pool.idleCount).toBe(1);
  });
});
