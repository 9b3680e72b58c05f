import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { Agent } from 'undici';
import { exchangeOver } from '../../src/common/http-exchange.js';
import { Exchange } from '../../src/invoice-cloud/exchange.js';
import type { Exchanged } from '../../src/invoice-cloud/failure.js';
import { invoiceCloudAgent, undiciAdapter } from '../../src/invoice-cloud/undici-adapter.js';
import { eventually } from '../support/eventually.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Whatever a server can do to a connection. @returns its port */
async function server(
  onRequest: (socket: Socket) => unknown,
  onConnection: (socket: Socket) => void = () => undefined,
) {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
    socket.on('data', () => onRequest(socket));
  });
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return (listening.address() as AddressInfo).port;
}

function newExchange(concurrency = 1): Exchange {
  const agent = invoiceCloudAgent({ production: false }, '127.0.0.1', { timeoutMs: 15_000, concurrency });
  closers.push(() => agent.destroy());
  return new Exchange(new HttpService(axios.create({ adapter: undiciAdapter(agent), proxy: false })));
}

const ask = (exchange: Exchange, url: string, ms = 5_000): Promise<Exchanged> =>
  exchange.run({ method: 'POST', url, headers: {}, body: '{}' }, AbortSignal.timeout(ms));

const answering =
  (head: string, body = '') =>
  (socket: Socket) =>
    void socket.write(`HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);

describe('one attempt', () => {
  test('that is answered', async () => {
    const port = await server(answering('200 OK', '{"a":1}'));
    const { answer } = (await ask(newExchange(), `http://127.0.0.1:${port}/`)) as { answer: unknown };
    expect(answer).toMatchObject({ status: 200, data: '{"a":1}' });
  });

  test.each<[string, string, object]>([
    ['429 with a wait', '429 No\r\nretry-after: 3', { kind: 'status', status: 429, retryAfterMs: 3_000 }],
    ['429 without', '429 No', { kind: 'status', status: 429, retryAfterMs: undefined }],
    ['408', '408 No', { kind: 'status', status: 408, retryAfterMs: undefined }],
    ['503', '503 No\r\nretry-after: 1', { kind: 'status', status: 503, retryAfterMs: 1_000 }],
  ])('that is answered with %s', async (_, head, failure) => {
    const port = await server(answering(head));
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toEqual({ failure });
  });

  test('that is refused was never sent', async () => {
    const port = await server(() => undefined);
    await closers.pop()?.();
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toEqual({
      failure: { kind: 'connection', sent: false, code: 'ECONNREFUSED' },
    });
  });

  test('to a name that does not exist was never sent', async () => {
    const { failure } = (await ask(newExchange(), 'http://nobody.invalid/', 20_000)) as { failure: object };
    expect(failure).toMatchObject({ kind: 'connection', sent: false });
  });

  test('to what is no URL, or after its time, was never sent', async () => {
    expect(await ask(newExchange(), 'nowhere')).toMatchObject({ failure: { kind: 'connection', sent: false } });
    const exchange = newExchange();
    const request = { method: 'POST', url: 'http://127.0.0.1:1/', headers: {}, body: '{}' } as const;
    const failure = { kind: 'timeout', sent: false };
    expect(await exchange.run(request, AbortSignal.abort(new DOMException('late', 'TimeoutError')))).toEqual({
      failure,
    });
  });

  test('to a server that hangs up at once was sent, as far as we know, or was not: never a wrong no', async () => {
    const port = await server(
      () => undefined,
      (socket) => socket.resetAndDestroy(),
    );
    const { failure } = (await ask(newExchange(), `http://127.0.0.1:${port}/`)) as { failure: { kind: string } };
    expect(failure.kind).toBe('connection');
  });

  test.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['hangs up', (socket) => socket.end()],
    ['sends half', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"')],
    ['sends what is no HTTP', (socket) => socket.end('hello')],
  ])('whose receiver %s may have been done', async (_, onRequest) => {
    const port = await server(onRequest);
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toMatchObject({
      failure: { kind: 'connection', sent: true },
    });
  });

  test.each<[string, (socket: Socket) => void]>([
    ['nothing', () => undefined],
    ['a head and no more', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"')],
  ])('that is answered by %s is late, and may have been done', async (_, onRequest) => {
    const port = await server(onRequest);
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`, 200)).toEqual({
      failure: { kind: 'timeout', sent: true },
    });
  });

  test('that found all connections taken is late, and was never sent', async () => {
    const asked = new Set<Socket>();
    const port = await server((socket) => asked.add(socket));
    const exchange = newExchange();
    const taken = Array.from({ length: 32 }, () => ask(exchange, `http://127.0.0.1:${port}/`, 1_500));
    while (asked.size < 32) await new Promise((done) => setTimeout(done, 5));
    expect(await ask(exchange, `http://127.0.0.1:${port}/`, 100)).toEqual({
      failure: { kind: 'timeout', sent: false },
    });
    expect(asked.size).toBe(32);
    for (const failed of await Promise.all(taken)) expect(failed).toEqual({ failure: { kind: 'timeout', sent: true } });
  });

  test('with 2 MiB in answer is too large', async () => {
    const port = await server(answering('200 OK', 'x'.repeat(2_097_152)));
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toEqual({ failure: { kind: 'too-large' } });
  });

  test('whose answer comes in pieces, after early hints, is one answer', async () => {
    const port = await server((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a"'), 20);
      setTimeout(() => socket.write(':1}'), 40);
    });
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toEqual({ answer: { status: 200, data: '{"a":1}' } });
  });

  test('whose answer has no body is answered all the same', async () => {
    const port = await server(answering('204 No Content'));
    expect(await ask(newExchange(), `http://127.0.0.1:${port}/`)).toEqual({ answer: { status: 204, data: '' } });
  });

  test('of which enough was read gives the beginning, and ends the connection', async () => {
    let ended = false;
    const port = await server(
      (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nabcdef${'x'.repeat(1_000)}`),
      (socket) => socket.once('close', () => (ended = true)),
    );
    const agent = new Agent();
    closers.push(() => agent.destroy());
    const request = { method: 'POST', url: `http://127.0.0.1:${port}/`, headers: {}, body: '' } as const;
    const answer = await exchangeOver(agent, request, AbortSignal.timeout(5_000), 6);
    expect({ ...answer, body: answer.body.toString() }).toMatchObject({ status: 200, body: 'abcdef', cut: true });
    await eventually('the end of the connection', () => ended);
  });
});
