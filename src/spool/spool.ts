import { hostname } from 'node:os';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { newId } from '../common/id.js';
import { Intake } from '../common/intake.js';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config, ConfigError } from '../config/config.js';
import { Primary } from '../database/primary.js';
import { BeatConnection } from './beat-connection.js';
import { type BeatListener, Beats } from './beats.js';
import { NotKept, SpoolFull } from './errors.js';
import type { Kept } from './frames.js';
import { OwnSpool } from './own-spool.js';
import { type Replay, Replays } from './replays.js';
import { Securing } from './securing.js';
import { SpoolFiles } from './spool-files.js';
import { SpoolFolder } from './spool-folder.js';
import { SpoolRows, type Standing } from './spool-rows.js';

/** A message that has just come is tried again after this, if the database is there. Milliseconds. */
const FIRST_REPLAY_MS = 500;
/** Between two signs of life in the folder. Milliseconds. */
const TOUCH_MS = 1_000;
/** For the row of this process's spool, at the start. Milliseconds. */
const REGISTER_MS = 30_000;
/** Room for the largest message. Bytes. */
const LARGEST = 128 * 1024;

/** How this process's spool stands. Known without the database. */
export interface SpoolState extends Standing {
  readonly id: string;
  readonly mostBytes: number;
  /** It takes no more: no room, or a disk that can't be written. */
  readonly isFull: boolean;
}

/**
 * Keeps messages that the database can't take now in files of this process, and replays them once it can. A message is kept when it is
 * flushed to the disk, and when nobody can be misled by it any more: its mark is in the database, or this process's promise to the
 * others has lapsed (`Lease`). Knows nothing of what stands in a message.
 */
@Injectable()
export class Spool implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown, BeatListener {
  readonly owner = newId();
  readonly host = hostname();
  readonly folder: SpoolFolder | undefined;
  private readonly logger = new Logger('spool');
  private readonly mostBytes: number;
  private readonly connection: BeatConnection;
  private readonly beats: Beats;
  private readonly replays = new Replays();
  private readonly securing = new Securing();
  private own: OwnSpool | undefined;
  private beginning: Promise<void> | undefined;
  private broken = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) { spool }: Config,
    private readonly rows: SpoolRows,
    primary: Primary,
    intake: Intake,
  ) {
    this.mostBytes = spool.megabytes * 1024 * 1024;
    this.folder = spool.dir === undefined ? undefined : new SpoolFolder(spool.dir);
    this.connection = new BeatConnection(primary);
    this.beats = new Beats(this, this.connection, rows, this.owner, this.host);
    if (this.folder) intake.keptBy(() => (this.state()?.isFull === false ? 'room' : 'full'));
  }

  /** Whether there is a folder to keep messages in. */
  get isConfigured(): boolean {
    return this.folder !== undefined;
  }

  /** Whether the database is known to be away. False where there is no spool. */
  get isAway(): boolean {
    return this.isConfigured && this.beats.isAway;
  }

  /** @throws ConfigError when the folder can't be used, or the database does not take the spool's row */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.folder) return;
    try {
      await this.folder.prepare();
      await this.begin();
    } catch (error) {
      throw new ConfigError([`SPOOL_DIR: can not be used (${traceOf(error).code ?? 'unknown'})`]);
    }
    this.beats.start();
    const { own } = this;
    const deadline = performance.now() + REGISTER_MS;
    // Without its row nobody would be warned of what is answered from it.
    while (own && !own.heart.lease.mayReplay(performance.now())) {
      if (performance.now() > deadline) throw new ConfigError(['SPOOL_DIR: the database does not take the spool']);
      await new Promise((done) => setTimeout(done, 20));
    }
    this.timer = setInterval(() => void this.showLife(), TOUCH_MS).unref();
  }

  /** To be called before the application starts. @param replay how a message is done at last */
  replayBy(replay: Replay): void {
    this.replays.by(replay);
  }

  /** Whether a message about this subject waits in this process's spool. */
  holds(subject: string): boolean {
    return this.own?.heart.waiting.has(subject) ?? false;
  }

  /** @returns undefined where there is no spool */
  state(): SpoolState | undefined {
    const { own, mostBytes } = this;
    if (!own) return undefined;
    const { standing } = own;
    return { ...standing, id: own.id, mostBytes, isFull: this.broken || standing.bytes + LARGEST > mostBytes };
  }

  /**
   * Keeps a message: it is flushed to the disk, and its sender may be told that it was taken.
   * @throws SpoolFull, NotKept
   */
  async keep(message: Kept): Promise<void> {
    for (;;) {
      await this.beginning;
      const { own } = this;
      if (!own || own.isLost) throw new NotKept('There is no spool at the moment.');
      if (!(await this.append(own, message))) continue;
      this.beats.soon();
      const secured = await this.securing.of(own, message.subject);
      if (secured === 'lost') continue;
      if (secured === 'late') throw new NotKept('The database has not heard of the spool yet.');
      return;
    }
  }

  /** Takes over what another process has left. @returns false when this process's own spool was lost meanwhile */
  async adopt(own: OwnSpool, messages: readonly Kept[]): Promise<boolean> {
    const added = await Promise.all(messages.map((message) => this.append(own, message, true)));
    return added.every(Boolean);
  }

  current(): OwnSpool | undefined {
    return this.own?.isLost ? undefined : this.own;
  }

  heard(own: OwnSpool): void {
    this.securing.look();
    this.replays.fill(own);
  }

  lost(own: OwnSpool): void {
    if (own.isLost) return;
    own.isLost = true;
    this.logger.warn({ spool: own.id }, 'another process has taken this spool over; a new one is begun');
    const begun = this.begin()
      .then(() => own.files.close())
      .catch((error: unknown) => this.logger.error(traceOf(error), 'no new spool could be begun'))
      .finally(() => (this.beginning = undefined));
    this.beginning = begun;
    this.securing.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.replays.stop();
  }

  /** What still waits stays, marked, for the next process on this folder. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.beats.stop();
    const own = this.current();
    if (own) await this.leave(own);
    this.connection.close();
  }

  private async leave(own: OwnSpool): Promise<void> {
    if (own.heart.waiting.size > 0) {
      await this.beats.beat();
      await own.files.close();
      return;
    }
    try {
      await this.rows.forget(own.id, this.owner, (sql, values) => this.connection.ask(sql, values));
      await own.files.delete();
    } catch (error) {
      // An empty one, which the next process on this folder takes over.
      this.logger.warn(traceOf(error), 'the spool could not be given back');
    }
  }

  private async begin(): Promise<void> {
    const { folder } = this;
    if (!folder) return;
    const id = newId();
    this.own = new OwnSpool(id, await SpoolFiles.make(folder.root, id, this.mostBytes));
  }

  /** @returns false when the spool was lost: whoever took it may not have read this message */
  private async append(own: OwnSpool, message: Kept, beyondQuota = false): Promise<boolean> {
    let place;
    try {
      place = await own.files.append(message, beyondQuota);
    } catch (error) {
      this.broken = !(error instanceof SpoolFull);
      throw error;
    }
    this.broken = false;
    if (place === 'lost' || own.isLost) {
      this.lost(own);
      return false;
    }
    own.add(message, place, performance.now() + FIRST_REPLAY_MS);
    return true;
  }

  private async showLife(): Promise<void> {
    const own = this.current();
    if (!own) {
      // The last try to begin one has failed.
      if (!this.beginning) await this.begin().catch((error: unknown) => this.logger.error(traceOf(error), 'no spool'));
      return;
    }
    own.lookForOldest();
    try {
      if (!(await own.files.touch())) this.lost(own);
    } catch (error) {
      this.logger.error(traceOf(error), 'the folder of the spool can not be written');
    }
  }
}
