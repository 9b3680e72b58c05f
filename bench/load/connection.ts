import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

export interface Answered {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One kept-alive connection with one request at a time. It reads no more of HTTP than the servers of the bench speak
 * (answers with a length), and costs a fraction of a client that reads all of it: both cores are the contestants'.
 */
export class Connection {
  private socket: Socket | undefined;
  private received: Buffer = Buffer.alloc(0);
  private waiting: PromiseWithResolvers<Answered> | undefined;

  constructor(private readonly port: number) {}

  async open(): Promise<void> {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    this.received = Buffer.alloc(0);
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the connection was closed')));
    await once(socket, 'connect');
  }

  /** @throws Error when the connection ends before the answer has come */
  async send(request: string): Promise<Answered> {
    if (!this.socket || this.socket.destroyed) await this.open();
    const waiting = Promise.withResolvers<Answered>();
    this.waiting = waiting;
    this.socket?.write(request);
    return waiting.promise;
  }

  close(): void {
    this.socket?.destroy();
  }

  private read(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const end = this.received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.received.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const length = status === 204 || status === 304 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(length)) {
      this.fail(new Error('an answer without a length, which the load generator does not read'));
      this.close();
      return;
    }
    const whole = end + HEAD_END.length + length;
    if (this.received.length < whole) return;
    const body = this.received.subarray(end + HEAD_END.length, whole);
    this.received = this.received.subarray(whole);
    if (/\r\nconnection: *close/i.test(head)) this.close();
    this.waiting?.resolve({ status, body });
    this.waiting = undefined;
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}
