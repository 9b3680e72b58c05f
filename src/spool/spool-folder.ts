import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { type Piece, piecesOf } from './frames.js';

/** Of Node's, what the spool uses. A test may give a disk that is full. */
export type FileSystem = Pick<
  typeof nodeFiles,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat' | 'utimes'
>;

/** Its time shows that the process of the spool lives. */
export const ALIVE = 'alive';
export const EXTENSION = '.spool';
export const SET_ASIDE = 'set-aside';
/** A spool's id and, once it was taken over, who took it. */
const NAME = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:~[\da-f-]{36})?$/;

/** The folder of a spool that is not this process's own. */
export interface Other {
  readonly id: string;
  readonly name: string;
  /** When its process last showed that it lives, as the folder's file system tells it. Milliseconds; compare it with itself alone. */
  readonly aliveAt: number;
}

/** `SPOOL_DIR`, in which every process has a folder of its own. */
export class SpoolFolder {
  constructor(
    readonly root: string,
    private readonly files: FileSystem = nodeFiles,
  ) {}

  /** @throws Error of the file system */
  async prepare(): Promise<void> {
    await this.files.mkdir(this.root, { recursive: true, mode: 0o700 });
  }

  async others(own: string | undefined): Promise<Other[]> {
    const names = await this.files.readdir(this.root);
    const found: Other[] = [];
    for (const name of names) {
      const id = NAME.exec(name)?.[1];
      if (id === undefined || name === own) continue;
      const aliveAt = await this.aliveAt(name);
      if (aliveAt !== undefined) found.push({ id, name, aliveAt });
    }
    return found;
  }

  /**
   * Takes a folder away from its process, if that should live after all: it looks at its path after each flush, and answers nothing
   * when it is not there any more.
   * @returns its new name; undefined when another was quicker
   */
  async take({ id, name }: Other, by: string): Promise<string | undefined> {
    const taken = `${id}~${by}`;
    try {
      await this.files.rename(join(this.root, name), join(this.root, taken));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    await syncFolder(this.root, this.files);
    return taken;
  }

  /** All that stands in a folder, file by file in the order in which they were begun. */
  async *read(name: string): AsyncGenerator<Piece & { readonly file: string }> {
    const names = (await this.files.readdir(join(this.root, name))).filter((file) => file.endsWith(EXTENSION)).sort();
    for (const file of names) {
      const bytes = await this.files.readFile(join(this.root, name, file));
      for (const piece of piecesOf(bytes)) yield { ...piece, file };
    }
  }

  /** Keeps what can't be read, for a person to look at. @returns the file's name in `set-aside` */
  async setAside(id: string, file: string, bytes: Buffer): Promise<string> {
    const folder = join(this.root, SET_ASIDE);
    await this.files.mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `${id}-${file}-${Date.now()}-${Math.trunc(Math.random() * 1e6)}`;
    const handle = await this.files.open(join(folder, name), 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder, this.files);
    return name;
  }

  /** What was set aside and not looked at yet. */
  async asides(): Promise<string[]> {
    return this.files.readdir(join(this.root, SET_ASIDE)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }

  async delete(name: string): Promise<void> {
    await this.files.rm(join(this.root, name), { recursive: true, force: true });
  }

  private async aliveAt(name: string): Promise<number | undefined> {
    const folder = join(this.root, name);
    for (const path of [join(folder, ALIVE), folder]) {
      try {
        return (await this.files.stat(path)).mtimeMs;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    return undefined;
  }
}

/** Names in a folder are on the disk only once the folder itself is flushed. */
export async function syncFolder(path: string, files: FileSystem): Promise<void> {
  const handle = await files.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
