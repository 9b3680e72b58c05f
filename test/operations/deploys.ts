import { parseArgs } from 'node:util';
import { sleep, until } from '../chaos/time.js';
import { World } from '../chaos/world.js';
import { Opening } from './deploys/opening.js';
import { Site } from './deploys/site.js';
import { WAYS, type Way } from './deploys/ways.js';
import { Posting, prepare, wasTaken } from './load.js';
import { measure } from './measure.js';

/**
 * Rolling deploys under load, through each balancer of deploy/ and by Kubernetes' sequence: every opening and every PostBack is sent
 * once, and what is not answered 2xx counts as failed. `node dist/test/operations/deploys.js [--quick] [--drain n] [--ways a,b]`.
 */
const USAGE = `node dist/test/operations/deploys.js [options]
  --quick      two restarts each, in a few minutes
  --drain n    DRAIN_SECONDS (10, as in production); 0 shows what it is good for
  --ways a,b   ${WAYS.map(({ name }) => name).join(', ')}`;

const LONG = { restarts: 12, requests: 2_000, rate: 10 };
const QUICK = { restarts: 2, requests: 200, rate: 10 };
/** About how long one restart takes, with its drain. Seconds. */
const RESTART_SECONDS = 22;
/** Before the first restart and after the last one. Milliseconds. */
const CALM_MS = 2_000;

interface Row {
  readonly title: string;
  readonly cells: readonly string[];
  readonly failures: readonly string[];
}

const print = (line: string): void => console.log(line);

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    drain: { type: 'string', default: '10' },
    ways: { type: 'string', default: '' },
  },
});
const wanted = values.ways.split(',').filter(Boolean);
const ways = WAYS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (wanted.some((name) => !WAYS.some((way) => way.name === name))) {
  console.error(USAGE);
  process.exit(2);
}
const size = values.quick ? QUICK : LONG;

let site: Site | undefined;
let stopping = false;
/** Ctrl-C: everything that was started ends with us. */
async function stop(): Promise<void> {
  if (stopping) process.exit(130);
  stopping = true;
  print('\nStopping …');
  await site?.close();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

const rows: Row[] = [];
try {
  const made = await Site.open({ drainSeconds: values.drain, print }, (one) => (site = one));
  for (const way of ways) {
    const missing = way.missing();
    print(`${way.title} …`);
    rows.push(missing ? notPlayed(way, missing) : await play(made, way));
    print(`  ${rows.at(-1)?.cells.join(' | ')}`);
  }
} catch (error) {
  if (stopping) await new Promise(() => undefined);
  rows.push({ title: 'the run', cells: [], failures: [(error as Error).stack ?? String(error)] });
} finally {
  if (!stopping) await site?.close();
}
print(
  `\n| way | restarts | openings failed | PostBacks failed | lost | booked twice |\n| --- | --- | --- | --- | --- | --- |`,
);
for (const { title, cells } of rows) if (cells.length > 0) print(`| ${title} | ${cells.join(' | ')} |`);
const failures = rows.flatMap((row) => row.failures.map((failure) => `${row.title}: FAILED: ${failure}`));
print(`\n${failures.length === 0 ? 'Deploys: all passed' : failures.join('\n')}`);
process.exit(failures.length > 0 ? 1 : 0);

async function play(at: Site, way: Way): Promise<Row> {
  const { restarts, requests, rate } = size;
  const front = await way.open(at);
  try {
    const forgedBefore = at.partner.forged.length;
    const world = await World.create(at);
    // Enough for a machine that takes half as long again.
    const prepared = await prepare(at, Math.max(requests, Math.ceil(restarts * RESTART_SECONDS * rate * 1.5)));
    const opening = new Opening(world, rate);
    const posting = new Posting(prepared, rate);
    await sleep(CALM_MS);
    for (let turn = 0; turn < restarts; turn += 1) await front.replace(turn);
    const { ranOut } = posting;
    await until(() => opening.count >= requests && posting.count >= requests, 600_000, 200);
    await sleep(CALM_MS);
    const [opened, posted] = await Promise.all([opening.stop(), posting.stop()]);
    const refused = opened.filter((word) => word !== 'opened');
    const { recorded, lostTaken, twice, refusals } = await measure(at, posted, undefined);
    const failed = posted.filter((one) => !wasTaken(one)).length;
    const stored = await at.tables.count('payments where biller_id = $1', [world.billerId]);
    return {
      title: way.title,
      cells: [
        String(restarts),
        `${refused.length} of ${opened.length}`,
        `${failed} of ${posted.length}`,
        String(posted.length - recorded),
        String(twice),
      ],
      failures: [
        ...[...new Set(refused)].map((word) => `${count(refused, word)} openings were answered: ${word}`),
        ...Object.entries(refusals).map(([word, times]) => `${times} PostBacks were answered: ${word}`),
        ...(lostTaken > 0 ? [`${lostTaken} PostBacks lost that were answered 2xx`] : []),
        ...(twice > 0 ? [`${twice} PostBacks booked twice`] : []),
        ...(stored > opened.length ? [`${stored} payments for ${opened.length} openings`] : []),
        ...(ranOut ? ['all payments that had been opened were paid before the last restart'] : []),
        ...(at.partner.forged.length > forgedBefore ? ['a signature did not hold'] : []),
      ],
    };
  } finally {
    await front.close();
  }
}

function count(words: readonly string[], wanted: string): number {
  return words.filter((word) => word === wanted).length;
}

function notPlayed({ title }: Way, name: string): Row {
  return {
    title,
    cells: ['–', '–', '–', '–', '–'],
    failures: [`not played: it needs Debian's package: apt-get install -y ${name}`],
  };
}
