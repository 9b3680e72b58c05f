import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';

/** A connection on which nothing has come for so long after we stopped accepting is nobody's request. Milliseconds. */
const SILENT_MS = 5_000;
/** Between two looks for connections that have become idle. Milliseconds. */
const LOOK_MS = 100;
/** A turn of the event loop that took longer may have left a connection waiting. Milliseconds. */
const QUIET_TURN_MS = 1;
/** A process that is busy all the time stops in spite of it. Milliseconds. */
const KNOCKING_MS = 1_000;

/**
 * How this process stops serving. It first drains: it serves everything, says `connection: close` in every answer, and its health
 * routes send balancers elsewhere. Then it closes the listening socket and lets exchanges end.
 */
export class Draining implements BeforeApplicationShutdown {
  private on = false;
  private served: Promise<void> | undefined;
  private readonly sockets = new Set<Socket>();

  get isOn(): boolean {
    return this.on;
  }

  begin(): void {
    this.on = true;
  }

  /** To be called before the server listens: connections are counted from then on. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /**
   * Stops accepting. A request that comes on a connection that was accepted before is still served.
   * @returns when the last connection is closed
   */
  closeServer(server: Server): Promise<void> {
    this.begin();
    return (this.served ??= this.close(server));
  }

  /** The database's connections, among others, are closed after this. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.served;
  }

  private async close(server: Server): Promise<void> {
    // Idle connections first: whoever used one connects anew, and is still served. The listening socket last.
    server.closeIdleConnections();
    await untilNobodyKnocks(server);
    const closed = new Promise<void>((done) => server.close(() => done()));
    const since = performance.now();
    const look = setInterval(() => {
      server.closeIdleConnections();
      if (performance.now() - since < SILENT_MS) return;
      for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
    }, LOOK_MS);
    await closed.finally(() => clearInterval(look));
  }
}

/**
 * Waits for a short turn of the event loop in which nobody connected. The kernel resets connections that wait to be accepted when
 * the listening socket is closed: a balancer without health checks still sends requests on them.
 */
async function untilNobodyKnocks(server: Server): Promise<void> {
  let connections = 0;
  const count = (): void => void (connections += 1);
  server.on('connection', count);
  for (const start = performance.now(); performance.now() - start < KNOCKING_MS;) {
    const before = connections;
    const began = performance.now();
    await turn();
    if (connections === before && performance.now() - began < QUIET_TURN_MS) break;
  }
  server.off('connection', count);
}
