import { connect, createServer, type Socket } from 'node:net';
import { listen } from './ports.js';

/** Round robin over the processes that are ready, connection by connection. One that does not answer is passed over. */
export class Balancer {
  private readonly server = createServer((client) => void this.accept(client));
  private readonly sockets = new Set<Socket>();
  private next = 0;
  port = 0;

  constructor(private readonly backends: () => readonly number[]) {}

  async listen(): Promise<number> {
    return (this.port = await listen(this.server));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
  }

  private async accept(client: Socket): Promise<void> {
    this.keep(client);
    client.on('error', () => client.destroy());
    const backend = await this.connect();
    if (!backend || client.destroyed) {
      backend?.destroy();
      client.destroy();
      return;
    }
    backend.on('error', () => client.destroy());
    backend.once('close', () => client.destroy());
    client.once('close', () => backend.destroy());
    client.pipe(backend);
    backend.pipe(client);
  }

  private async connect(): Promise<Socket | undefined> {
    const backends = this.backends();
    for (let tried = 0; tried < backends.length; tried += 1) {
      this.next = (this.next + 1) % backends.length;
      const port = backends[this.next];
      const socket = port === undefined ? undefined : await this.tryConnect(port);
      if (socket) return socket;
    }
    return undefined;
  }

  private tryConnect(port: number): Promise<Socket | undefined> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    this.keep(socket);
    return new Promise((done) => {
      socket.once('connect', () => done(socket));
      socket.once('error', () => done(undefined));
    });
  }

  private keep(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
