import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Nobody waits longer for the disk. Milliseconds. */
const PATIENCE_MS = 2_000;

/** A line with its checksum in front. */
export const sealLine = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} ${text}`;

/** @returns undefined where the line is not what was written */
export function openLine(line: string): string | undefined {
  const text = line.slice(9);
  return line === sealLine(text) ? text : undefined;
}

/**
 * A file that lines are added to. Lines of the same moment share one write and one flush (fdatasync): who comes while one is
 * under way goes with the next. After an error the file takes no more lines, since nobody knows what the disk holds.
 */
export class AppendFile {
  private waiting: Waiting[] = [];
  private busy = false;
  private broken: Error | undefined;
  private slow = false;
  private written = 0;

  private constructor(private readonly handle: FileHandle) {}

  /** Makes a new file, for its owner alone, and its name durable. @throws the error of the file system */
  static async create(path: string): Promise<AppendFile> {
    const handle = await open(
      path,
      constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND,
      0o600,
    );
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
    return new AppendFile(handle);
  }

  get usable(): boolean {
    return this.broken === undefined;
  }

  /** Bytes that were written. */
  get size(): number {
    return this.written;
  }

  /**
   * Resolves when the line is on disk.
   * @param text one line
   * @throws the error of the file system; Error when the disk does not answer within two seconds
   */
  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.broken) return reject(this.broken);
      if (this.slow) return reject(tooSlow());
      this.waiting.push({ line: `${sealLine(text)}\n`, resolve, reject });
      if (this.busy) return;
      this.busy = true;
      // After the present turn of the event loop, so that what it brings goes together.
      setImmediate(() => void this.work());
    });
  }

  /** Ends it when everything is on disk. */
  async close(): Promise<void> {
    // Whoever was given it in this moment may still add a line.
    do await new Promise((done) => setTimeout(done, 20));
    while (this.busy);
    await this.handle.close();
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0 && !this.broken) {
      const batch = this.waiting;
      this.waiting = [];
      await this.flush(batch);
    }
    this.busy = false;
  }

  private async flush(batch: readonly Waiting[]): Promise<void> {
    const late = setTimeout(() => {
      this.slow = true;
      this.refuse(batch, tooSlow());
    }, PATIENCE_MS);
    try {
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''), 'utf8');
      for (let at = 0; at < bytes.length;) at += (await this.handle.write(bytes, at)).bytesWritten;
      await this.handle.datasync();
      this.written += bytes.length;
      for (const { resolve } of batch) resolve();
    } catch (error) {
      this.broken = error as Error;
      this.refuse(batch, error);
    } finally {
      clearTimeout(late);
      this.slow = false;
    }
  }

  private refuse(batch: readonly Waiting[], error: unknown): void {
    for (const { reject } of [...batch, ...this.waiting.splice(0)]) reject(error);
  }
}

const tooSlow = (): Error => Object.assign(new Error('the disk does not answer'), { code: 'DISK_SLOW' });
