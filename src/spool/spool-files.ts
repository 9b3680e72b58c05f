import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { NotKept, SpoolFull } from './errors.js';
import { frameOf, type Kept, readFrame } from './frames.js';
import { ALIVE, EXTENSION, type FileSystem, syncFolder } from './spool-folder.js';

/** A file is begun anew when it has grown to this, so that what was replayed can go. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Messages that one flush serves. */
const MOST_AT_ONCE = 512;

interface Segment {
  readonly path: string;
  readonly handle: nodeFiles.FileHandle;
  readonly inode: number;
  size: number;
  /** Messages in it that still wait. */
  live: number;
}

/** Where a message stands. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

interface Waiting {
  readonly frame: Buffer;
  readonly beyondQuota: boolean;
  readonly resolve: (place: Place | 'lost') => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The files of one spool, `<root>/<spool id>/NNNNNN.spool`. What is appended is flushed to the disk before anybody is told; one flush
 * serves all that came while the one before was under way. A file is deleted once nothing in it waits any more.
 */
export class SpoolFiles {
  private readonly logger = new Logger('spool');
  private readonly segments = new Set<Segment>();
  private current: Segment | undefined;
  private queue: Waiting[] = [];
  private writing = false;
  private count = 0;

  private constructor(
    private readonly folder: string,
    private readonly mostBytes: number,
    private readonly files: FileSystem,
  ) {}

  /** @param mostBytes of all files together @throws Error of the file system */
  static async make(root: string, id: string, mostBytes: number, files: FileSystem = nodeFiles): Promise<SpoolFiles> {
    const folder = join(root, id);
    await files.mkdir(folder, { recursive: true, mode: 0o700 });
    const alive = await files.open(join(folder, ALIVE), 'w', 0o600);
    await alive.close();
    await syncFolder(folder, files);
    await syncFolder(root, files);
    return new SpoolFiles(folder, mostBytes, files);
  }

  get bytes(): number {
    let sum = 0;
    for (const { size } of this.segments) sum += size;
    return sum;
  }

  get isFull(): boolean {
    return this.bytes >= this.mostBytes;
  }

  /**
   * @param beyondQuota for what must not be refused any more
   * @returns where it stands, flushed; `lost` when another process has taken this spool meanwhile, and may not have read it
   * @throws SpoolFull, NotKept
   */
  append(message: Kept, beyondQuota = false): Promise<Place | 'lost'> {
    return new Promise((resolve, reject) => {
      this.queue.push({ frame: frameOf(message), beyondQuota, resolve, reject });
      if (!this.writing) void this.write();
    });
  }

  /** @throws Error when it can't be read, or is not as it was written */
  async read({ segment, offset, length }: Place): Promise<Kept> {
    const bytes = Buffer.alloc(length);
    await segment.handle.read(bytes, 0, length, offset);
    // Without the line break.
    const message = readFrame(bytes.subarray(0, -1));
    if (!message) throw new Error('a message of the spool is damaged');
    return message;
  }

  /** A message waits no more. */
  release({ segment }: Place): void {
    segment.live -= 1;
    if (segment.live > 0 || (segment === this.current && this.writing)) return;
    if (segment === this.current) this.current = undefined;
    void this.remove(segment);
  }

  /** Shows other processes that this one lives. @returns false when the spool was taken over: its folder is another's */
  async touch(): Promise<boolean> {
    try {
      const now = new Date();
      await this.files.utimes(join(this.folder, ALIVE), now, now);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const segment of this.segments) await segment.handle.close();
    this.segments.clear();
  }

  /** Closes it and deletes its folder. */
  async delete(): Promise<void> {
    await this.close();
    await this.files.rm(this.folder, { recursive: true, force: true });
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.queue.length > 0) await this.writeGroup(this.queue.splice(0, MOST_AT_ONCE));
    this.writing = false;
    const { current } = this;
    if (current?.live !== 0) return;
    this.current = undefined;
    await this.remove(current);
  }

  private async writeGroup(group: readonly Waiting[]): Promise<void> {
    const fitting: Waiting[] = [];
    let bytes = this.bytes;
    for (const one of group) {
      bytes += one.frame.length;
      if (bytes <= this.mostBytes || one.beyondQuota) fitting.push(one);
      else {
        bytes -= one.frame.length;
        one.reject(new SpoolFull());
      }
    }
    if (fitting.length === 0) return;
    try {
      const places = await this.flush(fitting.map(({ frame }) => frame));
      for (const [i, { resolve }] of fitting.entries()) resolve(places?.[i] ?? 'lost');
    } catch (error) {
      // What was written is not flushed, and a file of which a flush has failed is not trusted again: the next begins a new one.
      const { current } = this;
      this.current = undefined;
      if (current?.live === 0) await this.remove(current);
      this.logger.error(traceOf(error), 'the spool could not be written');
      const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
      const refused = new NotKept(full ? 'The disk of the spool is full.' : 'The spool can not be written.', error);
      for (const { reject } of fitting) reject(refused);
    }
  }

  /** @returns undefined when the file is not where it was: another process has taken the spool, and may have read to its end */
  private async flush(frames: readonly Buffer[]): Promise<Place[] | undefined> {
    const segment = (this.current ??= await this.begin());
    await writeAll(segment, Buffer.concat(frames));
    await segment.handle.datasync();
    if (!(await this.isOurs(segment))) return undefined;
    const places = frames.map((frame): Place => {
      const place = { segment, offset: segment.size, length: frame.length };
      segment.size += frame.length;
      return place;
    });
    segment.live += frames.length;
    if (segment.size >= SEGMENT_BYTES) this.current = undefined;
    return places;
  }

  private async begin(): Promise<Segment> {
    this.count += 1;
    const path = join(this.folder, `${String(this.count).padStart(6, '0')}${EXTENSION}`);
    const handle = await this.files.open(path, 'wx+', 0o600);
    const { ino } = await handle.stat();
    const segment: Segment = { path, handle, inode: ino, size: 0, live: 0 };
    this.segments.add(segment);
    await syncFolder(this.folder, this.files);
    return segment;
  }

  private async isOurs({ path, inode }: Segment): Promise<boolean> {
    try {
      return (await this.files.stat(path)).ino === inode;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  private async remove(segment: Segment): Promise<void> {
    this.segments.delete(segment);
    try {
      await segment.handle.close();
      await this.files.rm(segment.path, { force: true });
    } catch (error) {
      // If it stays, its messages are replayed once more by whoever takes this spool over, which changes nothing.
      this.logger.warn(traceOf(error), 'a file of the spool could not be deleted');
    }
  }
}

/** The system may write less than it is given, as on a disk with little room. */
async function writeAll({ handle, size }: Segment, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, size + from);
    from += bytesWritten;
  }
}
