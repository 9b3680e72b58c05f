import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { Laboratory } from './laboratory.js';
import { readOptions, USAGE, type Options } from './options.js';
import { findPrograms, versions, type Programs } from './packages.js';
import { marks, reasons } from './reasons.js';
import { failed, notes, passed, table, type Played } from './report.js';
import type { Outcome, Row } from './row.js';

/**
 * What `npm run test:operations` runs: the platform on PostgreSQL under Patroni, behind HAProxy and PgBouncer, through the
 * failures that operators meet. docs/operators.md has the table that it prints.
 */
let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
const programs = await findPrograms();
if (typeof programs === 'string') {
  console.error(programs);
  process.exit(2);
}

// With --json, stdout is the document.
const print = (line: string): void => (options.json ? console.error(line) : console.log(line));
const begun = Date.now();
const played: Played[] = [];
let lab: Laboratory | undefined;
let stopping = false;

/** Ctrl-C: everything that was started ends with us, and nothing is left in the folder for temporary files. */
async function stop(): Promise<void> {
  if (stopping) process.exit(130);
  stopping = true;
  print('\nStopping …');
  await lab?.close();
  print(`\n${table(played)}\n\nOperations was stopped before its end`);
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

try {
  await run(programs);
} catch (error) {
  // While we stop, everything fails.
  if (stopping) await new Promise(() => undefined);
  print(`The laboratory failed: ${(error as Error).stack ?? String(error)}`);
} finally {
  if (!stopping) await end();
}
print(`\n${table(played)}\n`);
for (const note of notes(played)) print(note);
if (options.json)
  console.log(
    JSON.stringify(
      played.map(({ row, ...rest }) => ({ row: row.name, ...rest })),
      null,
      2,
    ),
  );
const bad = played.filter(failed).length + (options.rows.length - played.length);
print(`\n${Math.round((Date.now() - begun) / 1_000)} s`);
print(`Operations: ${played.filter(passed).length} rows passed, ${bad} failed`);
process.exit(bad > 0 ? 1 : 0);

async function run(found: Programs): Promise<void> {
  print(`Operations laboratory: ${await versions(found)}, ${options.rows.length} rows`);
  const disks = options.rows.some((row) => row.disks);
  const made = await Laboratory.open(found, { disks, print }, (one) => (lab = one));
  print(`Ready after ${Math.round((Date.now() - begun) / 1_000)} s`);
  for (const row of options.rows) {
    if (row.disks && made.disks.size === 0) {
      print(`${row.name}: not played: ${made.noDisks}`);
      played.push({ row, outcome: undefined, notPlayed: made.noDisks, reasons: [] });
      continue;
    }
    const rowBegun = Date.now();
    print(`${row.name}: ${row.title} …`);
    const one = await playedRow(made, row);
    played.push(one);
    const how = passed(one) ? 'ok' : `FAILED: ${one.outcome?.failures.join('; ')}`;
    print(`  ${how} (${Math.round((Date.now() - rowBegun) / 1_000)} s)`);
  }
}

/** A row that throws has failed; the others are played all the same. */
async function playedRow(made: Laboratory, row: Row): Promise<Played> {
  const since = marks(made.platform.logFiles);
  let outcome: Outcome;
  try {
    outcome = await row.play(made, { rate: options.rate, timed: !options.quick });
  } catch (error) {
    if (stopping) await new Promise(() => undefined);
    outcome = { notes: [], failures: [(error as Error).message] };
  }
  await row.mend?.(made).catch((error: unknown) => print(`  mending: ${String(error)}`));
  const said = outcome.failures.length > 0 ? reasons(made.platform.logFiles, since) : [];
  return { row, outcome, reasons: said };
}

async function end(): Promise<void> {
  if (options.logs !== undefined && lab !== undefined) {
    const { path } = lab.folder;
    await cp(path, options.logs, {
      recursive: true,
      filter: (source) => source === path || (source.startsWith(join(path, '')) && source.endsWith('.log')),
    });
  }
  await lab?.close();
}
