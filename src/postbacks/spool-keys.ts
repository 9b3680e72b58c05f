import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EncryptionKey, SecretBox } from '../common/secret-box.js';
import type { Config } from '../config/config.js';
import { type Kept, piecesOf } from '../spool/frames.js';
import { EXTENSION, SET_ASIDE } from '../spool/spool-folder.js';
import { readSpooled } from './spooled-form.js';

/** A folder that is taken over meanwhile has another name at the next look. */
const MOST_LOOKS = 5;

/** What stands in `SPOOL_DIR`, opened with the first key of the ring alone. */
export interface SpoolVerification {
  readonly sound: number;
  /** A line for each file and reason. */
  readonly findings: readonly string[];
}

/**
 * Opens every message of every spool of this machine with the first key of the ring alone. Reads only, beside running processes.
 *
 * Messages are never sealed anew here: a process holds the files open and knows where each message stands. What is replayed leaves
 * the spool for the database, where `keys:rotate` seals it anew.
 *
 * @throws Error of the file system; a folder that is not there holds nothing
 */
export async function verifySpool(dir: string, ring: readonly EncryptionKey[]): Promise<SpoolVerification> {
  for (let looks = 1; ; looks += 1) {
    const before = await names(dir);
    const seen = await look(dir, before, ring);
    const after = await names(dir);
    if (before.join() === after.join()) return seen;
    if (looks === MOST_LOOKS) {
      return { ...seen, findings: [...seen.findings, 'SPOOL_DIR changes all the time: run this again in a minute'] };
    }
  }
}

async function look(
  dir: string,
  folders: readonly string[],
  ring: readonly EncryptionKey[],
): Promise<SpoolVerification> {
  const [first] = ring;
  const box = new SecretBox(first ? [first] : []);
  const found = new Map<string, number>();
  const find = (file: string, reason: string): void => {
    const finding = `spool ${file} ${reason}`;
    found.set(finding, (found.get(finding) ?? 0) + 1);
  };
  let sound = 0;
  for (const folder of folders) {
    const files = await names(join(dir, folder));
    for (const file of files) {
      const name = `${folder}/${file}`;
      if (folder === SET_ASIDE) find(name, 'was set aside: nobody can tell which key it needs');
      else if (file.endsWith(EXTENSION)) {
        for (const piece of piecesOf(await contents(join(dir, name)))) {
          if (piece.kind === 'torn') continue;
          const reason = piece.kind === 'message' ? reasonAgainst(piece.message, box, first?.id) : 'is damaged';
          if (reason === undefined) sound += 1;
          else find(name, reason);
        }
      }
    }
  }
  return { sound, findings: [...found].map(([finding, count]) => `${finding} (${count})`) };
}

/** @returns undefined when the key opens the message */
function reasonAgainst(message: Kept, box: SecretBox, keyId: string | undefined): string | undefined {
  const read = readSpooled(message);
  if (!read) return 'was written by a newer release';
  const needs = read.rawSealed.split('.')[1] ?? '';
  try {
    box.open(read.rawSealed, message.id, 'raw');
    return undefined;
  } catch {
    return needs === keyId ? 'does not open: altered, moved, or its key was replaced' : `needs key "${needs}"`;
  }
}

/** A process deletes what it has replayed, at any moment. */
async function contents(path: string): Promise<Buffer> {
  return (await unlessGone(readFile(path))) ?? Buffer.alloc(0);
}

async function names(path: string): Promise<string[]> {
  return ((await unlessGone(readdir(path))) ?? []).sort();
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Says what `keys:verify` and `keys:rotate` have to know of the spool; nothing where there is none.
 * @returns false when a key other than the first one is needed, or nobody can tell
 */
export async function reportSpool(
  { spool: { dir }, encryptionKeys }: Pick<Config, 'spool' | 'encryptionKeys'>,
  say: (line: string) => void,
): Promise<boolean> {
  if (dir === undefined) return true;
  const { sound, findings } = await verifySpool(dir, encryptionKeys);
  say(`${sound} messages of SPOOL_DIR open with key "${encryptionKeys[0]?.id}" alone.`);
  findings.forEach(say);
  if (findings.length === 0) return true;
  say(
    'Keep those keys in ENCRYPTION_KEYS until these messages are recorded; then run keys:rotate and keys:verify again.',
  );
  return false;
}
