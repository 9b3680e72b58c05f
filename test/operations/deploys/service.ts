import { connect, createServer, type Socket } from 'node:net';
import { listen } from '../../chaos/ports.js';

/**
 * What a Service of Kubernetes does: each new connection goes to an endpoint, and stays there whatever becomes of the endpoint. A
 * connection that is refused is the client's to see; nothing is asked or repeated.
 */
export class Service {
  private readonly server = createServer((client) => this.accept(client));
  private readonly sockets = new Set<Socket>();
  private endpoints: readonly number[] = [];
  private next = 0;
  private port = 0;

  async listen(): Promise<void> {
    this.port = await listen(this.server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  add(port: number): void {
    this.endpoints = [...this.endpoints, port];
  }

  remove(port: number): void {
    this.endpoints = this.endpoints.filter((one) => one !== port);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private accept(client: Socket): void {
    this.keep(client);
    this.next = (this.next + 1) % Math.max(1, this.endpoints.length);
    const port = this.endpoints[this.next];
    if (port === undefined) return void client.resetAndDestroy();
    const pod = connect(port, '127.0.0.1');
    this.keep(pod);
    for (const [from, to] of [
      [client, pod],
      [pod, client],
    ] as const) {
      from.pipe(to);
      from.once('error', () => to.resetAndDestroy());
    }
  }

  private keep(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    // Told to the other side by `accept`.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
