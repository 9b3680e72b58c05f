import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Pool } from 'pg';
import { watched } from '../../src/database/database.js';

const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const AUTHENTICATION_OK = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const LAST_WORDS = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
);

test('a PostgreSQL that dies while a connection passes from hand to hand does not take the process with it', async () => {
  const sockets = new Set<Socket>();
  const dying = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    // One write: the client reads its readiness and its death in one go, before anybody has been given it.
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATION_OK, READY, LAST_WORDS])));
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
