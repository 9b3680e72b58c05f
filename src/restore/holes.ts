import type { JournalFindings } from '../journal/journal-reader.js';

/** Each says why the journals may not hold every opening since then. */
export type Holes = readonly string[];

/** Clocks of processes and of the database may differ by so much. Milliseconds. */
const CLOCKS_APART_MS = 600_000;

/** @param strangers payments of the hour before, which the database has and no journal */
export function holesOf(
  journals: readonly (JournalFindings & { readonly folder: string })[],
  since: Date,
  strangers: number,
): Holes {
  const holes: string[] = [];
  const begins = journals.flatMap((journal) => journal.begins ?? []).map((time) => time.getTime());
  if (journals.length === 0) holes.push('There is no journal: set JOURNAL_DIR, or name its folders by --journal.');
  else if (begins.length === 0) holes.push('The journal is empty.');
  else if (Math.min(...begins) > since.getTime()) {
    holes.push(`The journal begins at ${new Date(Math.min(...begins)).toISOString()}, after that time.`);
  }
  for (const { folder, gaps, damaged, unreadable } of journals) {
    for (const { from, to, count } of gaps.filter((gap) => gap.to.getTime() > since.getTime() - CLOCKS_APART_MS)) {
      holes.push(`${folder}: ${count} openings from ${from.toISOString()} to ${to.toISOString()} were not written.`);
    }
    if (damaged > 0) holes.push(`${folder}: ${damaged} lines are damaged.`);
    if (unreadable > 0) {
      holes.push(
        `${folder}: ${unreadable} openings need a key that is not in ENCRYPTION_KEYS. Add it, and run this again.`,
      );
    }
  }
  if (strangers > 0 && begins.length > 0) {
    holes.push(
      `${strangers} payments of the hour before stand in no journal: a process wrote to another folder. Name it by --journal.`,
    );
  }
  return holes;
}
