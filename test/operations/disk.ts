import { execFile } from 'node:child_process';
import { chown, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Folder } from './folder.js';

const execute = promisify(execFile);
const SIZE = 3 * 1024 ** 3;

/** A file system of its own in a file, which can be filled to the last byte. Needs root and the right to mount. */
export class Disk {
  private constructor(readonly path: string) {}

  /** @returns the reason, where this machine does not let us */
  static async make(folder: Folder, name: string): Promise<Disk | string> {
    if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
    const image = join(folder.path, `${name}.img`);
    const path = await folder.own(`disk-${name}`);
    try {
      await writeFile(image, '');
      await truncate(image, SIZE);
      // Nothing kept for root: full is full for all.
      await execute('mkfs.ext4', ['-q', '-m', '0', '-E', 'lazy_itable_init=1', image]);
      await execute('mount', ['-o', 'loop', image, path]);
    } catch (error) {
      return `a small file system can't be mounted here (${(error as Error).message.trim().split('\n').at(-1)})`;
    }
    const { account } = folder;
    if (account) await chown(path, account.uid, account.gid);
    return new Disk(path);
  }

  /** Not a byte is left. */
  async fill(): Promise<void> {
    const filler = join(this.path, 'filler');
    const { bavail, bsize } = await statfs(this.path);
    await execute('fallocate', ['-l', String(bavail * bsize), filler]).catch(() => undefined);
    // What `fallocate` left, if it left anything.
    await execute('sh', ['-c', `cat /dev/zero > "${filler}.rest"`]).catch(() => undefined);
  }

  async free(): Promise<void> {
    for (const name of ['filler', 'filler.rest']) await rm(join(this.path, name), { force: true });
  }
}
