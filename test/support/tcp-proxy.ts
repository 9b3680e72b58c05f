import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be cut, or fall silent as a network does whose other end has gone. */
export class TcpProxy {
  private readonly server = createServer((client) => this.accept(client));
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'cut' | 'silent' = 'open';

  private constructor(private readonly target: URL) {}

  /** @param target whose host and port it stands for */
  static async to(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));
    await new Promise<void>((done, fail) => proxy.server.once('error', fail).listen(0, '127.0.0.1', done));
    return proxy;
  }

  /** The target's URL by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** New connections pass. What fell silent hangs on, as it would on a network. */
  open(): void {
    this.state = 'open';
  }

  /** Connections are reset, and new ones too. */
  cut(): void {
    this.state = 'cut';
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Connections stay, new ones are taken, and nothing passes any more. */
  silence(): void {
    this.state = 'silent';
    for (const socket of this.sockets) socket.unpipe();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private accept(client: Socket): void {
    this.keep(client);
    if (this.state === 'cut') return void client.resetAndDestroy();
    if (this.state === 'silent') return;
    const upstream = connect(Number(this.target.port), this.target.hostname);
    this.keep(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.once('close', () => this.state !== 'silent' && to.destroy());
    }
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    // An end that is cut is what the test asked for.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
