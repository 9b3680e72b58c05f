import { Checks } from './checks.js';
import { runChapters } from './chapters.js';
import { runGuards } from './guard-runs.js';
import { readOptions, USAGE, type Options } from './options.js';
import type { Stage } from './stage.js';

const print = (line: string): void => console.log(line);
const checks = new Checks(print);
let stage: Stage | undefined;
let stopping = false;

/** Ctrl-C: everything that was started ends with us, and nothing is left in the folder for temporary files. */
async function stop(): Promise<void> {
  if (stopping) process.exit(130);
  stopping = true;
  print('\nStopping …');
  await stage?.close();
  print(`\n${checks.table()}\n\nChaos was stopped before its end`);
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}

print(
  `Chaos, ${options.long ? 'long' : 'short'} form. Seed ${options.seed}: the same again with --seed ${options.seed}`,
);
const begun = Date.now();
const onStage = (made: Stage | undefined): void => void (stage = made);
try {
  if (options.guards) await runGuards(options, checks, print, onStage);
  else await runChapters(options, checks, print, onStage);
} catch (error) {
  // While we stop, everything fails.
  if (stopping) await new Promise(() => undefined);
  checks.add('run', 'it came to its end', false, (error as Error).message, [(error as Error).stack ?? '']);
} finally {
  if (!stopping) await stage?.close();
}
print(`\n${checks.table()}\n`);
print(`Seed ${options.seed}, ${Math.round((Date.now() - begun) / 1000)} s`);
print(`Chaos: ${checks.passed} checks passed, ${checks.failed.length} failed`);
process.exit(checks.failed.length > 0 ? 1 : 0);
