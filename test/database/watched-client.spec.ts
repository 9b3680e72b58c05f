import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Client, Pool, Query } from 'pg';
import { watched } from '../../src/database/database.js';
import { AUTHENTICATION_OK, errorMessage, GREETING, READY } from '../support/postgres-wire.js';
import { newDatabase } from '../support/db.js';

const LAST_WORDS = errorMessage('FATAL', '57P01', 'terminating connection due to unexpected postmaster exit');

test('a PostgreSQL that dies while a connection passes from hand to hand does not take the process with it', async () => {
  const sockets = new Set<Socket>();
  const dying = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.concat([AUTHENTICATION_OK, READY]));
      // One write: the client reads its readiness and its death in one go, before anybody has been given it.
      socket.once('data', () => socket.end(Buffer.concat([GREETING, LAST_WORDS])));
    });
  });
  await new Promise<void>((done) => dying.listen(0, '127.0.0.1', done));
  const { port } = dying.address() as AddressInfo;
  const pool = new Pool({ host: '127.0.0.1', port, user: 'nobody', database: 'none', Client: watched.Client });
  const errors: Error[] = [];
  pool.on('error', (error) => errors.push(error));
  try {
    const client = await pool.connect();
    await expect(client.query('select 1')).rejects.toThrow(/not queryable|terminat/);
    client.release(true);
  } finally {
    await pool.end();
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => dying.close(done));
  }
});

describe('a server that falls silent', () => {
  const REFUSED = errorMessage('ERROR', '55P03', 'canceling statement due to lock timeout');
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const clientOf = async (answer: (socket: Socket) => void): Promise<Client> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(Buffer.concat([AUTHENTICATION_OK, READY]));
        socket.once('data', () => {
          socket.write(GREETING);
          socket.once('data', () => answer(socket));
        });
      });
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const config = { ...watched, host: '127.0.0.1', port, user: 'nobody', database: 'none', silentMs: 400 };
    const client = new watched.Client(config);
    await client.connect();
    return client;
  };
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  });

  test('has its connection broken, and all who wait on it hear of it', async () => {
    const client = await clientOf(() => undefined);
    const all = [client.query('select 1'), client.query('select 2')];
    for (const one of all) await expect(one).rejects.toThrow(/silent/);
  });

  test('also between a refusal and the end of its answer, where pg has no query that is active', async () => {
    const client = await clientOf((socket) => socket.write(REFUSED));
    const [refused, behind] = [client.query('select 1'), client.query('select 2')];
    await expect(refused).rejects.toMatchObject({ code: '55P03' });
    await expect(behind).rejects.toThrow(/silent/);
  });

  test('is given no more time by what is sent to it meanwhile', async () => {
    const client = await clientOf(() => undefined);
    const began = performance.now();
    const ends = [client.query('select 1')];
    const more = setInterval(() => ends.push(client.query('select 2')), 100);
    const [first] = ends;
    await expect(first).rejects.toThrow(/silent/);
    clearInterval(more);
    await Promise.allSettled(ends);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(ends.length).toBeGreaterThan(2);
  });

  test('where nobody asks it anything is left alone', async () => {
    const client = await clientOf((socket) => socket.write(READY));
    await new Promise((done) => setTimeout(done, 800));
    const asked = client.query('select 1');
    await asked;
  });
});

describe('a query', () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = new Pool({ connectionString: await newDatabase(), Client: watched.Client, max: 1 });
  });
  afterAll(() => pool.end());

  test('is answered by a promise, with a text, values or a config, and by the pool', async () => {
    const client = await pool.connect();
    try {
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
      expect((await client.query('select $1::int as n', [2])).rows).toEqual([{ n: 2 }]);
      expect((await client.query({ text: 'select $1::int as n', values: [3], name: 'three' })).rows).toEqual([
        { n: 3 },
      ]);
    } finally {
      client.release();
    }
    expect((await pool.query('select 4 as n')).rows).toEqual([{ n: 4 }]);
  });

  test('is answered by the callback it was given, or by its own events', async () => {
    const client = await pool.connect();
    try {
      const told = await new Promise((done, failed) => {
        client.query('select $1::int as n', [5], (error, { rows }) => (error ? failed(error) : done(rows)));
      });
      expect(told).toEqual([{ n: 5 }]);
      const rows: unknown[] = [];
      const submitted = client.query(new Query('select 6 as n'));
      submitted.on('row', (row) => rows.push(row));
      await new Promise((done) => submitted.once('end', done));
      expect(rows).toEqual([{ n: 6 }]);
    } finally {
      client.release();
    }
  });

  test('hands pg a callback where a promise is wanted, so that pg writes none to it', async () => {
    const client = await pool.connect();
    try {
      const asking = client.query('select 7 as n');
      expect((client as unknown as { _activeQuery: { callback: object } })._activeQuery.callback).toHaveProperty(
        'name',
        'answered',
      );
      expect((await asking).rows).toEqual([{ n: 7 }]);
    } finally {
      client.release();
    }
  });

  test('that fails says where it was asked', async () => {
    const client = await pool.connect();
    try {
      const error = await client.query('select nothing').then(
        () => undefined,
        (thrown: unknown) => thrown as Error & { code: string },
      );
      expect(error?.code).toBe('42703');
      expect(error?.stack).toContain('clients.ts');
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    } finally {
      client.release();
    }
  });
});

test('its connections plan by index where there is one, and compile no plan', async () => {
  const pool = new Pool({ connectionString: await newDatabase(), ...watched });
  try {
    for (const name of ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) {
      expect((await pool.query<{ setting: string }>('select current_setting($1) as setting', [name])).rows).toEqual([
        { setting: 'off' },
      ]);
    }
  } finally {
    await pool.end();
  }
});
