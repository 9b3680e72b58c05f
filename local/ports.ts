import { createServer, isIPv6, type AddressInfo } from 'node:net';

/** @throws Error naming the setting */
export function readPort(setting: string, fallback: number): number {
  const port = Number(process.env[setting]?.trim() || fallback);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`${setting} must be a whole number from 1 to 65535.`);
}

/** @throws Error naming the setting and the port that can't be listened on, or the two settings that share one */
export async function requireFreePorts(ports: Readonly<Record<string, number>>, host: string): Promise<void> {
  const settings = Object.entries(ports);
  for (const [index, [setting, port]] of settings.entries()) {
    const other = settings.slice(0, index).find(([, earlier]) => earlier === port);
    if (other) throw new Error(`${other[0]} and ${setting} are both ${port}: set one of them to another port.`);
    await requireFreePort(setting, port, host);
  }
}

async function requireFreePort(setting: string, port: number, host: string): Promise<void> {
  const code = await tryToListen(port, host);
  if (code === 'EADDRINUSE') throw new Error(taken(setting, port));
  if (code === 'EACCES') throw new Error(`${setting} ${port} may not be opened by this user: set it to another port.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new Error(`HOST ${host} is no address of this machine.`);
  if (code) throw new Error(`${setting} ${port} can't be listened on (${code}).`);
  // A server on [::1] alone leaves 127.0.0.1 free, and then answers at http://localhost in our place.
  if (host === '127.0.0.1' && (await tryToListen(port, '::1')) === 'EADDRINUSE') throw new Error(taken(setting, port));
}

/** Different ones: all are held until the last is found. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, string>> {
  const servers = names.map(() => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))),
  );
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<Name, string>;
}

/** The address under which a browser on this machine reaches what listens on `host`. */
export function reachable(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

const taken = (setting: string, port: number): string =>
  `Port ${port} is taken: stop what listens there, or set ${setting} to a free port.`;

/** @returns the error's code, or undefined when the port could be listened on */
async function tryToListen(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'UNKNOWN'));
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
}
