import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { leastIdAt } from '../common/id.js';
import { SealBroken, type SecretBox } from '../common/secret-box.js';
import { openLine } from './append-file.js';
import { beginningOf, FIELD, type JournalLine, readLine } from './journal-lines.js';

/** Clocks of processes may differ by so much. Milliseconds. */
const CLOCKS_APART_MS = 600_000;
/** Openings that are handed over at once. */
const BATCH = 500;

export interface JournalFindings {
  readonly files: number;
  /** From when on the journal has everything; undefined: there is none. */
  readonly begins: Date | undefined;
  /** Openings that could not be written. */
  readonly gaps: readonly (JournalLine & { kind: 'gap' })[];
  /** Lines that are not what was written. The last line of a file may be one: its writer died, and answered nobody. */
  readonly damaged: number;
  /** Openings that none of the encryption keys opens. */
  readonly unreadable: number;
}

/**
 * Reads the openings of a folder, made at a time or later, in batches.
 * @throws the error of the file system
 */
export async function readJournal<Opening>(
  folder: string,
  since: Date,
  box: SecretBox,
  take: (openings: readonly Opening[]) => Promise<void>,
): Promise<JournalFindings> {
  const names = (await readdir(folder)).filter((name) => beginningOf(name)).sort();
  const begins: Date[] = [];
  const gaps: (JournalLine & { kind: 'gap' })[] = [];
  const leastId = leastIdAt(new Date(since.getTime() - CLOCKS_APART_MS));
  let [damaged, unreadable] = [0, 0];
  let batch: Opening[] = [];
  for (const name of names) {
    let broken = 0;
    for await (const written of linesOf(join(folder, name))) {
      damaged += broken;
      const text = openLine(written);
      // Damage is counted with the line behind it: the last one is no damage.
      broken = text === undefined ? 1 : 0;
      const line = text === undefined ? undefined : readLine(text);
      if (line?.kind === 'begin') begins.push(line.at);
      if (line?.kind === 'gap') gaps.push(line);
      if (line?.kind !== 'opening' || line.id < leastId) continue;
      try {
        batch.push(JSON.parse(box.open(line.sealed, line.id, FIELD)) as Opening);
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error;
        unreadable += 1;
      }
      if (batch.length < BATCH) continue;
      await take(batch);
      batch = [];
    }
  }
  if (batch.length > 0) await take(batch);
  const [first] = begins.sort((a, b) => a.getTime() - b.getTime());
  return { files: names.length, begins: first, gaps, damaged, unreadable };
}

const linesOf = (path: string) => createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });

/** How many openings each encryption key has sealed, for whoever wants to take one away. */
export async function keysOfJournal(folder: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const name of (await readdir(folder)).filter((one) => beginningOf(one))) {
    for await (const written of linesOf(join(folder, name))) {
      const line = readLine(openLine(written) ?? '');
      const key = line?.kind === 'opening' ? line.sealed.split('.')[1] : undefined;
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}
