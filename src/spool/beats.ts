import { Logger } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import type { BeatConnection } from './beat-connection.js';
import { BEAT_MS } from './lease.js';
import type { OwnSpool } from './own-spool.js';
import type { SpoolRows } from './spool-rows.js';

/** After a beat that failed. */
const AGAIN_MS = 400;
/** A database that takes longer is taken for away. */
const SLOW_MS = 400;

/** Who hears what the database answers. */
export interface BeatListener {
  /** The spool that beats; undefined while a new one is begun. */
  current(): OwnSpool | undefined;
  /** A beat was done: its marks are there. */
  heard(own: OwnSpool): void;
  /** The spool is another process's now. */
  lost(own: OwnSpool): void;
}

/** Beat after beat, one at a time, for as long as the process lives. */
export class Beats {
  private readonly logger = new Logger('spool');
  private stopped = false;
  private failing = true;
  private told = false;
  private sentAt: number | undefined;
  private wake: (() => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly listener: BeatListener,
    private readonly connection: BeatConnection,
    private readonly rows: SpoolRows,
    private readonly owner: string,
    private readonly host: string,
  ) {}

  /** Whether the database is known to be away, as far as this process's own connection tells. */
  get isAway(): boolean {
    return this.failing || (this.sentAt !== undefined && performance.now() - this.sentAt > SLOW_MS);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Something waits for its mark. */
  soon(): void {
    if (!this.failing) this.wake?.();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const next = await this.beat();
      if (next > 0) await this.pause(next);
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      const wake = (): void => {
        clearTimeout(timer);
        done();
      };
      this.wake = wake;
    });
    this.wake = undefined;
  }

  /** @returns after how long the next one may go. Milliseconds. */
  async beat(): Promise<number> {
    const own = this.listener.current();
    if (!own) return AGAIN_MS;
    const beat = own.heart.next((this.sentAt = performance.now()));
    own.sending();
    try {
      const spool = { id: own.id, owner: this.owner, host: this.host, ...own.standing };
      const said = await this.rows.beat((sql, values) => this.connection.ask(sql, values), spool, beat);
      const row = own.heart.heard(beat, said, performance.now());
      if (row === 'ours' && beat.server?.getTime() === said.server.getTime()) own.confirmed();
      else own.unconfirmed();
      this.sentAt = undefined;
      this.hear();
      if (row === 'other' || (row === 'none' && !(await own.files.touch()))) this.listener.lost(own);
      else this.listener.heard(own);
      return beat.until === null || row === 'none' ? 0 : BEAT_MS;
    } catch (error) {
      own.heart.givenUp();
      own.unconfirmed();
      this.connection.close();
      this.sentAt = undefined;
      this.failing = true;
      if (!this.told) this.logger.warn(traceOf(error), 'the spool has lost the database: what comes is kept here');
      this.told = true;
      return AGAIN_MS;
    }
  }

  private hear(): void {
    if (this.told) this.logger.log('the spool has the database again');
    this.told = this.failing = false;
  }
}
