import { type Bench, openBench } from './bench.js';
import { cautionAbout, thisMachine } from './machine.js';
import { measureGrowth } from './measures/growth.js';
import { measureDropIn, measureOpening, measureProcesses } from './measures/opening.js';
import { measureIntake, measureRelay } from './measures/postbacks.js';
import { measureMemory, measureStart } from './measures/process.js';
import { measureLaunch, measureSignIn } from './measures/users.js';
import { type Measure, type Options, readOptions, USAGE } from './options.js';
import { type Findings, Report } from './report.js';
import { Stage } from './stage.js';

const MEASURED: Readonly<Record<Measure, (bench: Bench) => Promise<Findings>>> = {
  growth: measureGrowth,
  opening: measureOpening,
  postbacks: measureIntake,
  relay: measureRelay,
  'sign-in': measureSignIn,
  'drop-in': measureDropIn,
  launch: measureLaunch,
  processes: measureProcesses,
  start: measureStart,
  memory: measureMemory,
};

let stage: Stage | undefined;
let stopping = false;

/** Ctrl-C: everything that was started ends with us. */
async function stop(): Promise<void> {
  if (stopping) process.exit(130);
  stopping = true;
  await stage?.close();
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

const began = Date.now();
const seconds = (): number => Math.round((Date.now() - began) / 1000);
const say = (line: string): void => console.error(`${String(seconds()).padStart(4)} s  ${line}`);
const report = new Report();
const machine = thisMachine();
try {
  const bench = await openBench(await Stage.open((made) => (stage = made)), options, say);
  for (const measure of options.measures) report.add(await MEASURED[measure](bench));
} catch (error) {
  // While we stop, everything fails.
  if (stopping) await new Promise(() => undefined);
  console.error((error as Error).stack);
  process.exitCode = 1;
} finally {
  if (!stopping) await stage?.close();
}
const about = { quick: options.quick, seconds: seconds(), ...machine };
if (options.json) console.log(report.json(about));
else console.log(['', report.table(), ...cautionAbout(machine), JSON.stringify(about)].join('\n\n'));
process.exit();
