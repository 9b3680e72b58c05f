import { ready, start, stop, type Started } from './child.js';
import { freePort } from './ports.js';
import { type Environment, type KillPoint, type Order, type Report, stepOf } from './preload/protocol.js';
import { until } from './time.js';

export interface Death {
  /** Moment and label of the step at which it was killed. */
  readonly step: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Member extends Started {
  readonly port: number;
  isReady: boolean;
}

/** How many start at the same time: on two cores, more are not faster. */
const STARTING_AT_ONCE = 2;

/** The platform's processes. One that dies is replaced; all share one database. */
export class Fleet {
  private members: Member[] = [];
  private point: KillPoint | undefined;
  private jitterMs = 0;
  private closing = false;
  private waiting: ((death: Death) => void)[] = [];
  readonly deaths: Death[] = [];
  /** How long starts took. Milliseconds. */
  readonly starts: number[] = [];
  /** Ends that nobody ordered, of processes that had been ready. */
  readonly surprises: string[] = [];
  private lastFailure = '';
  private readonly mutations = new Map<string, number>();

  constructor(
    private readonly cwd: string,
    private readonly env: Readonly<Record<string, string>> & Environment,
    private size: number,
  ) {}

  get ports(): readonly number[] {
    return this.members.filter(({ isReady }) => isReady).map(({ port }) => port);
  }

  get pids(): readonly number[] {
    return this.members.flatMap(({ child }) => child.pid ?? []);
  }

  async start(): Promise<void> {
    await this.fill();
    await this.enough(this.size, 90_000);
  }

  /** Changes how many there are, from now on. */
  async resize(size: number): Promise<void> {
    this.size = size;
    const leaving = this.members.splice(size);
    await Promise.all(leaving.map((member) => stop(member)));
    await this.start();
  }

  /** @throws Error when there are not that many ready in time */
  async enough(count: number, withinMs = 60_000): Promise<void> {
    const are = await until(() => this.ports.length >= count, withinMs);
    if (!are) throw new Error(`of ${count} platform processes ${this.ports.length} are ready. ${this.lastFailure}`);
  }

  /** Every process is told where to die; whichever comes there first does. */
  arm(point: KillPoint): void {
    this.point = point;
    this.order({ type: 'arm', point });
  }

  disarm(): void {
    this.point = undefined;
    this.order({ type: 'disarm' });
  }

  /** Statements of payments wait up to this long from now on. */
  jitter(ms: number): void {
    this.jitterMs = ms;
    this.order({ type: 'jitter', ms });
  }

  /** The next death at a step. */
  nextDeath(): Promise<Death> {
    return new Promise((done) => this.waiting.push(done));
  }

  /** What steps were taken since the last report, all processes together. */
  async report(): Promise<Map<string, number>> {
    const labels = new Map<string, number>();
    const reports = await Promise.all(this.members.filter(({ isReady }) => isReady).map(reportOf));
    const mutations = new Map<string, number>();
    for (const report of reports) {
      for (const [label, times] of Object.entries(report?.labels ?? {})) add(labels, label, times);
      for (const [guard, times] of Object.entries(report?.mutations ?? {})) add(mutations, guard, times);
    }
    for (const [guard, times] of mutations) this.mutations.set(guard, Math.max(times, this.mutations.get(guard) ?? 0));
    return labels;
  }

  /** How often a guard was taken out at the driver, as far as the processes that live can tell. */
  async mutated(guard: string): Promise<number> {
    await this.report();
    return this.mutations.get(guard) ?? 0;
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.members.map((member) => stop(member, 'SIGKILL')));
  }

  private order(order: Order): void {
    for (const member of this.members) if (member.isReady) tell(member, order);
  }

  private async fill(): Promise<void> {
    while (!this.closing && this.members.length < this.size) {
      if (this.members.filter(({ isReady }) => !isReady).length >= STARTING_AT_ONCE) return;
      await this.launch();
    }
  }

  private async launch(): Promise<void> {
    const port = await freePort();
    const begun = performance.now();
    const started = start('src/main.js', this.cwd, { PORT: String(port), ...this.env });
    const member: Member = Object.assign(started, { port, isReady: false });
    this.members.push(member);
    void started.ended.then((signal) => this.bury(member, signal));
    void ready(started, /listens on/).then(
      () => {
        member.isReady = true;
        this.starts.push(performance.now() - begun);
        tell(member, { type: 'jitter', ms: this.jitterMs });
        if (this.point) tell(member, { type: 'arm', point: this.point });
        void this.fill();
      },
      () => {
        this.lastFailure = started.said();
        started.child.kill('SIGKILL');
      },
    );
  }

  private bury(member: Member, signal: NodeJS.Signals | null): void {
    const wasMember = this.members.includes(member);
    this.members = this.members.filter((other) => other !== member);
    if (this.closing || !wasMember) return;
    const step = signal === 'SIGKILL' ? stepOf(member.said()) : undefined;
    if (step !== undefined) {
      const death = { step, at: Date.now() };
      this.deaths.push(death);
      for (const tellOf of this.waiting.splice(0)) tellOf(death);
    } else if (member.isReady) this.surprises.push(`ended by itself (${signal}): ${member.said()}`);
    void this.fill();
  }
}

/** One that has just died hears nothing, which is no error. */
function tell({ child }: Member, order: Order): void {
  if (child.connected) child.send(order, () => undefined);
}

function reportOf({ child }: Member): Promise<Report | undefined> {
  return new Promise((done) => {
    const hurry = setTimeout(() => done(undefined), 2_000);
    const finish = (report?: Report) => {
      clearTimeout(hurry);
      child.off('message', finish);
      done(report);
    };
    child.on('message', finish);
    child.send({ type: 'report' } satisfies Order, (error) => error && finish());
  });
}

function add(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
