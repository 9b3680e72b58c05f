import { type Bench, closed } from '../bench.js';
import { startPlatform } from '../contestants.js';
import { slopeOf, spreadOf } from '../figures.js';
import { type Findings, QUIETEST, type Target } from '../report.js';
import { listPayments, openPayment, signIn } from '../requests.js';

const MIB = 1_048_576;
/** Requests between two looks at the memory. */
const STEP = 5_000;

/** From the start of a process on an existing database to its first answer that it is ready. */
export async function measureStart({ stage, large, options, say }: Bench): Promise<Findings> {
  say('start to ready');
  const took: number[] = [];
  for (let i = 0; i < options.starts; i += 1) {
    const { folder, invoiceCloudUrl } = stage;
    const { databaseUrl } = large;
    const started = await stage.adopt(startPlatform({ name: `start-${i}`, folder, invoiceCloudUrl, databaseUrl }));
    took.push(started.readyMs / 1000);
    await started.process.stop();
  }
  const seconds = spreadOf(took);
  return {
    figures: [],
    targets: [
      {
        name: 'start to ready on an existing database',
        unit: ' s',
        value: seconds.least,
        spread: seconds,
        atMost: 2,
        note: QUIETEST,
      },
    ],
  };
}

/** Of all requests that the memory is watched over, those that are the same work all the time. */
const ALIKE = 0.55;
/**
 * Of those, the first ones, in which the process grows into this work. Over the rest, one of V8's steps (4 MiB) is still less
 * than the limit of a slope.
 */
const SETTLING = 0.2;

/**
 * Memory over all that the process was asked in this run, and then over lists, openings and sign-ins until it is enough. The
 * slope is taken over these last ones alone: from one kind of work to another memory grows once, and that is no leak.
 */
export async function measureMemory({ stage, small, options, say }: Bench): Promise<Findings> {
  const { platform, biller } = small;
  const kinds = [
    { template: listPayments(biller), expect: 200, share: 0.89 },
    { template: openPayment(biller), expect: 201, share: 0.1 },
    { template: signIn(biller), expect: 201, share: 0.01 },
  ];
  const looks = () => stage.historyOf(platform);
  const asked = () => looks().at(-1)?.requests ?? 0;
  const before = asked();
  const alike = Math.max(options.memoryRequests - before, options.memoryRequests * ALIKE);
  const step = Math.min(STEP, alike);
  say(`memory over ${Math.round(before + alike).toLocaleString('en')} requests`);
  while (asked() < before + alike) {
    for (const { template, expect, share } of kinds) {
      await stage.run([platform], { template, expect, pace: closed(60, undefined, Math.round(step * share)) });
    }
  }
  const points = looks().map(({ requests, bytes }) => ({ x: requests, y: bytes / MIB }));
  const most = Math.max(...points.map(({ y }) => y));
  const value = `${points[0]?.y.toFixed(0)} → ${points.at(-1)?.y.toFixed(0)} MiB`;
  const figures = [{ what: 'memory, resident', who: 'platform', value }];
  const atMost: Target = { name: 'memory: most', unit: ' MiB', value: most, atMost: 250 };
  // A few thousand requests say nothing of a hundred thousand.
  if (options.quick) return { figures, targets: [atMost] };
  const settled = points.filter(({ x }) => x >= before + alike * SETTLING);
  const slope: Target = {
    name: 'memory: growth over 100,000 requests',
    unit: ' MiB',
    value: slopeOf(settled) * 100_000,
    atMost: 10,
    note: `the slope of the last ${Math.round(alike * (1 - SETTLING)).toLocaleString('en')}, all the same work`,
  };
  return { figures, targets: [atMost, slope] };
}
