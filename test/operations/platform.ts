import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DIST } from '../chaos/child.js';
import { tryAsk } from '../chaos/http.js';
import { freePort } from '../chaos/ports.js';
import { until } from '../chaos/time.js';
import { Component } from './component.js';
import type { Folder } from './folder.js';

export type Env = Readonly<Record<string, string>>;

/** One process of the platform, always at the same port, with a spool of its own. */
export class PlatformProcess {
  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly component: Component,
  ) {}

  static async start(folder: Folder, name: string, port: number, env: Env): Promise<PlatformProcess> {
    const spool = await folder.ours('spool', name);
    const component = new Component(folder, {
      name,
      command: process.execPath,
      args: [join(DIST, 'src/main.js')],
      env: { PORT: String(port), SPOOL_DIR: spool, ...env },
    });
    component.start();
    return new PlatformProcess(name, port, component);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @throws Error with its last words when it does not come up */
  async up(withinMs = 60_000): Promise<void> {
    const lives = await until(async () => {
      if (!this.component.runs) return 'dead' as const;
      return (await this.answers('/health/ready')) === 200 && ('ready' as const);
    }, withinMs);
    if (lives !== 'ready') throw new Error(`${this.name} did not start: ${this.lastError()}`);
  }

  private lastError(): string {
    const lines = this.component.tail(40).split('\n');
    return lines.findLast((line) => /error|refuse|can not/i.test(line)) ?? lines.at(-1) ?? '';
  }

  async answers(path: string): Promise<number | undefined> {
    return (await tryAsk(this.url + path, { timeoutMs: 5_000 }))?.status;
  }

  get runs(): boolean {
    return this.component.runs;
  }

  /** As an operator stops it: it has time to end what is under way. */
  stop(): Promise<void> {
    return this.component.stop('SIGTERM', 45_000);
  }

  kill(): Promise<void> {
    return this.component.stop('SIGKILL');
  }
}

/** The processes behind the balancer. */
export class Platform {
  readonly adminKey = randomBytes(32).toString('hex');
  private readonly encryptionKeys = `operations:${randomBytes(32).toString('base64')}`;
  private ports: readonly number[] = [];
  processes: PlatformProcess[] = [];
  /** Whether this build answers /health/intake. */
  hasIntake = false;

  constructor(
    private readonly folder: Folder,
    private readonly shared: () => Env,
  ) {}

  /** Of all the names that processes get. */
  get logFiles(): readonly string[] {
    return ['platform-1', 'platform-2', 'platform-a', 'platform-b'].map((name) =>
      join(this.folder.path, `${name}.log`),
    );
  }

  /** Where each process listens, known before it is started. */
  async listenAt(): Promise<readonly number[]> {
    if (this.ports.length === 0) this.ports = [await freePort(), await freePort()];
    return this.ports;
  }

  /** Ends the processes that run and starts others. */
  async play(env: Env = {}): Promise<void> {
    await this.close();
    for (let slot = 0; slot < (await this.listenAt()).length; slot += 1) await this.launch(slot, env);
    await Promise.all(this.processes.map((one) => one.up()));
    const [first] = this.processes;
    this.hasIntake = (await first?.answers('/health/intake')) === 200;
  }

  /** As a deploy does: stopped in order, then started anew in the same place. */
  async restart(slot: number, env: Env = {}): Promise<void> {
    await this.processes[slot]?.stop();
    await this.launch(slot, env);
    await this.processes[slot]?.up();
  }

  /** One that stands behind no balancer. */
  async extra(env: Env, name: string): Promise<PlatformProcess> {
    const one = await PlatformProcess.start(this.folder, name, await freePort(), this.env(env));
    await one.up();
    return one;
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((one) => one.kill()));
  }

  private async launch(slot: number, env: Env): Promise<void> {
    const port = (await this.listenAt())[slot] ?? 0;
    this.processes[slot] = await PlatformProcess.start(this.folder, `platform-${slot + 1}`, port, this.env(env));
  }

  private env(env: Env): Env {
    return {
      MIGRATE_ON_START: 'false',
      ENCRYPTION_KEYS: this.encryptionKeys,
      ADMIN_KEY: this.adminKey,
      DRAIN_SECONDS: '10',
      LOG_LEVEL: 'warn',
      DOCS: 'false',
      NODE_COMPILE_CACHE: join(this.folder.path, 'compiled'),
      ...this.shared(),
      ...env,
    };
  }
}
