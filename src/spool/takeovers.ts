import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import type { Kept } from './frames.js';
import { TAKEN_AFTER_SECONDS } from './lease.js';
import type { OwnSpool } from './own-spool.js';
import { Spool } from './spool.js';
import type { Other, SpoolFolder } from './spool-folder.js';
import { type SeenRow, SpoolRows } from './spool-rows.js';

/** Between two looks into the folder. Milliseconds. */
const LOOK_MS = 1_000;
/** Messages that are copied with one flush. */
const AT_ONCE = 512;
/** Between two looks whether what was copied is marked. Milliseconds. */
const MARKED_MS = 50;

/**
 * Takes over what processes that are gone have left in the folder: claims the row, takes the folder away, copies what stands in it
 * into this process's own spool, and forgets the row once all of that is marked. A step that fails is done again by whoever looks
 * next; what is replayed twice changes nothing.
 *
 * A process counts as gone when neither its row nor its folder has changed for ten seconds, by the clock of whoever looks: the
 * database's may be another one after a failover. A process that can't reach the database but lives shows it in the folder, and
 * keeps its spool.
 */
@Injectable()
export class Takeovers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('spool');
  private readonly watched = new Map<string, { readonly seen: string; readonly since: number }>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly spool: Spool,
    private readonly rows: SpoolRows,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.spool.folder) return;
    const look = (): void => void (this.running ??= this.look().finally(() => (this.running = undefined)));
    this.timer = setInterval(look, LOOK_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Never throws. */
  private async look(): Promise<void> {
    const { folder } = this.spool;
    const own = this.spool.current();
    if (!folder || !own || this.spool.isAway) return;
    try {
      const rows = new Map((await this.rows.all()).map((row) => [row.id, row]));
      const others = await folder.others(own.id);
      for (const other of others) {
        if (this.stopped) return;
        const row = rows.get(other.id);
        if (this.isGone(other, row)) await this.takeOver(folder, own, other, row);
      }
      for (const id of this.watched.keys()) if (!others.some((other) => other.id === id)) this.watched.delete(id);
    } catch (error) {
      this.logger.warn(traceOf(error), 'a spool was not taken over; it is tried again');
    }
  }

  private isGone({ id, name, aliveAt }: Other, row: SeenRow | undefined): boolean {
    const seen = [name, aliveAt, row?.owner, row?.beat].join(' ');
    const now = performance.now();
    const { since } = this.watched.get(id) ?? {};
    if (since === undefined || this.watched.get(id)?.seen !== seen) {
      this.watched.set(id, { seen, since: now });
      return false;
    }
    return now > since + TAKEN_AFTER_SECONDS * 1000;
  }

  private async takeOver(folder: SpoolFolder, own: OwnSpool, other: Other, row: SeenRow | undefined): Promise<void> {
    const { id } = other;
    this.watched.delete(id);
    const { owner, host } = this.spool;
    if (!(await this.rows.claim(id, row, owner, host))) return;
    const name = await folder.take(other, owner);
    if (name === undefined) return;
    const subjects = await this.copy(folder, own, id, name);
    if (!subjects || !(await this.allMarked(own, subjects))) return;
    await this.rows.forget(id, owner);
    await folder.delete(name);
    this.logger.log({ spool: id, subjects: subjects.size }, 'the spool of a process that is gone was taken over');
  }

  /** @returns what it is about; undefined when this process has lost its own spool meanwhile */
  private async copy(
    folder: SpoolFolder,
    own: OwnSpool,
    id: string,
    name: string,
  ): Promise<ReadonlySet<string> | undefined> {
    const subjects = new Set<string>();
    let some: Kept[] = [];
    for await (const piece of folder.read(name)) {
      const { file } = piece;
      if (piece.kind === 'torn') {
        // Its process died in the middle of writing, before it had answered.
        this.logger.warn({ spool: id, file, bytes: piece.bytes.length }, 'an end that was never flushed is left out');
      } else if (piece.kind === 'damaged') {
        const aside = await folder.setAside(id, file, piece.bytes);
        this.logger.error({ spool: id, file, aside }, 'a damaged message was set aside');
      } else {
        some.push(piece.message);
        subjects.add(piece.message.subject);
      }
      if (some.length < AT_ONCE) continue;
      if (!(await this.spool.adopt(own, some))) return undefined;
      some = [];
    }
    return (await this.spool.adopt(own, some)) ? subjects : undefined;
  }

  /** @returns false when that will not be here */
  private async allMarked(own: OwnSpool, subjects: ReadonlySet<string>): Promise<boolean> {
    const { waiting } = own.heart;
    while ([...subjects].some((subject) => waiting.has(subject) && !waiting.isMarked(subject))) {
      if (this.stopped || own.isLost) return false;
      await new Promise((done) => setTimeout(done, MARKED_MS));
    }
    return !own.isLost;
  }
}
