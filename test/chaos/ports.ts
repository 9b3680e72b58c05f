import { createServer, type AddressInfo, type Server } from 'node:net';

/** Ports given out in this run, so that two that are still to be listened on are never the same. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await listen(server);
    await new Promise((done) => server.close(done));
    if (!given.has(port)) {
      given.add(port);
      return port;
    }
  }
}

/** Listens on the loopback. @returns the port */
export async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}
