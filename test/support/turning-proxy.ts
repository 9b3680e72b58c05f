import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP proxy whose target may change: what is connected stays where it is. */
export class TurningProxy {
  private readonly pairs = new Set<Pair>();
  private readonly listener = createServer((client) => this.accept(client));
  /** How many connections were taken. */
  taken = 0;

  /** @param target a port of this machine */
  private constructor(private target: number) {}

  static async to(target: number): Promise<TurningProxy> {
    const proxy = new TurningProxy(target);
    await new Promise<void>((done) => proxy.listener.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  get open(): number {
    return this.pairs.size;
  }

  /** For connections from now on. */
  turnTo(target: number): void {
    this.target = target;
  }

  /** Nothing passes any more on what is connected now, and nobody is told. */
  silence(): void {
    for (const { client, server } of this.pairs) {
      client.unpipe(server).pause();
      server.unpipe(client).pause();
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((done) => this.listener.close(done));
  }

  private accept(client: Socket): void {
    this.taken += 1;
    const server = connect(this.target, '127.0.0.1');
    const pair = { client, server };
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).once('close', end);
    client.pipe(server).pipe(client);
  }
}
