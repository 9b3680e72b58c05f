import { connect, createServer, type Socket } from 'node:net';
import { listen } from './ports.js';
import type { Random } from './random.js';

/** What becomes of one exchange. `half-open`: the connection stays, and nothing passes any more. */
export type Fault = 'delay' | 'reset' | 'half-open' | 'half-body' | 'duplicate';

interface Weather {
  readonly fault: Fault;
  /** Of one exchange; 1 is every one. */
  readonly probability: number;
}

const LONGEST_DELAY_MS = 400;

/** A TCP proxy that spoils exchanges on demand. It reads nothing: what a client sends until it is answered is one exchange. */
export class FaultProxy {
  private readonly server = createServer((client) => this.accept(client));
  private readonly pairs = new Set<Pair>();
  private weather: Weather | undefined;
  /** How many exchanges were spoiled. */
  injected = 0;
  port = 0;

  constructor(
    private readonly target: () => number,
    private readonly random: Random,
  ) {}

  async listen(): Promise<number> {
    return (this.port = await listen(this.server));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on; undefined is fair weather. What hangs already goes on hanging. */
  set(weather: Weather | undefined): void {
    this.weather = weather;
  }

  /** The fault of the next exchange, if it gets one. */
  draw(): Fault | undefined {
    const { weather } = this;
    if (!weather || !this.random.chance(weather.probability)) return undefined;
    this.injected += 1;
    return weather.fault;
  }

  chance(probability: number): boolean {
    return this.random.chance(probability);
  }

  delayMs(): number {
    return this.random.int(LONGEST_DELAY_MS);
  }

  /** Cuts what hangs, as a firewall that forgets a connection does after a while. */
  cutHanging(): void {
    for (const pair of this.pairs) if (pair.hangs) pair.destroy();
  }

  async close(): Promise<void> {
    for (const pair of this.pairs) pair.destroy();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
  }

  private accept(client: Socket): void {
    const pair = new Pair(client, this.target(), this);
    this.pairs.add(pair);
    client.once('close', () => this.pairs.delete(pair));
  }
}

/** One client's connection and ours to the target. */
class Pair {
  private readonly upstream: Socket;
  private shadow: Socket | undefined;
  private fault: Fault | undefined;
  /** The client speaks, and has not been answered yet. */
  private asking = false;
  /** Keeps the order of chunks when some wait. */
  private toTarget = Promise.resolve();
  /** Cut the question or the answer. */
  private cutsQuestion = false;
  hangs = false;

  constructor(
    private readonly client: Socket,
    private readonly targetPort: number,
    private readonly proxy: FaultProxy,
  ) {
    this.upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, this.upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.destroy());
      socket.on('close', () => {
        if (!this.hangs) this.destroy();
      });
    }
    client.on('data', (chunk) => this.fromClient(chunk));
    this.upstream.on('data', (chunk) => this.fromTarget(chunk));
  }

  destroy(): void {
    this.hangs = false;
    for (const socket of [this.client, this.upstream, this.shadow]) socket?.destroy();
  }

  private fromClient(chunk: Buffer): void {
    if (this.hangs) return;
    if (!this.asking) this.begin();
    if (this.hangs) return;
    if (this.cutsQuestion) {
      if (this.fault === 'half-body') this.upstream.write(chunk.subarray(0, chunk.length >> 1));
      this.reset();
      return;
    }
    if (this.fault === 'duplicate') this.shadow?.write(chunk);
    const waitMs = this.fault === 'delay' ? this.proxy.delayMs() : 0;
    this.toTarget = this.toTarget.then(async () => {
      if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
      if (!this.upstream.destroyed) this.upstream.write(chunk);
    });
  }

  private begin(): void {
    this.asking = true;
    this.fault = this.proxy.draw();
    this.cutsQuestion = (this.fault === 'reset' || this.fault === 'half-body') && this.proxy.chance(0.5);
    this.hangs = this.fault === 'half-open';
    if (this.fault === 'duplicate') this.mirror();
  }

  /** The same question on a connection of its own; its answer is thrown away. */
  private mirror(): void {
    const shadow = connect(this.targetPort, '127.0.0.1');
    shadow.on('error', () => shadow.destroy());
    shadow.once('data', () => shadow.end());
    shadow.resume();
    this.shadow = shadow;
  }

  private fromTarget(chunk: Buffer): void {
    if (this.hangs) return;
    this.asking = false;
    if (this.fault === 'reset' && !this.cutsQuestion) return this.reset();
    if (this.fault === 'half-body' && !this.cutsQuestion) {
      this.client.end(chunk.subarray(0, chunk.length >> 1));
      this.upstream.destroy();
      return;
    }
    if (!this.client.destroyed) this.client.write(chunk);
  }

  private reset(): void {
    this.client.resetAndDestroy();
    this.upstream.destroy();
    this.shadow?.destroy();
  }
}
