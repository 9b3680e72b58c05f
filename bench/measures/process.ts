import { type Bench, closed } from '../bench.js';
import { startPlatform } from '../contestants.js';
import { slopeOf, spreadOf } from '../figures.js';
import type { Findings } from '../report.js';
import { listPayments, openPayment, signIn } from '../requests.js';

const MIB = 1_048_576;
/** Requests between two looks at the memory. */
const STEP = 2_000;

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
      { name: 'start to ready on an existing database', unit: ' s', value: seconds.median, spread: seconds, atMost: 2 },
    ],
  };
}

/**
 * Memory while requests of every kind go on. The slope is taken over the second half: a process that has just started still
 * grows into its work.
 */
export async function measureMemory({ stage, small, options, say }: Bench): Promise<Findings> {
  say(`memory over ${options.memoryRequests.toLocaleString('en')} requests`);
  const { platform, biller } = small;
  const kinds = [
    { template: listPayments(biller), expect: 200, share: 0.6 },
    { template: openPayment(biller), expect: 201, share: 0.3 },
    { template: signIn(biller), expect: 201, share: 0.1 },
  ];
  const points: { x: number; y: number }[] = [];
  for (let sent = 0; sent < options.memoryRequests;) {
    for (const { template, expect, share } of kinds) {
      const pace = closed(60, undefined, Math.round(STEP * share));
      sent += (await stage.run([platform], { template, expect, pace })).sent;
    }
    points.push({ x: sent, y: (await platform.process.residentBytes()) / MIB });
  }
  const most = Math.max(...points.map(({ y }) => y));
  const growth = slopeOf(points.slice(Math.floor(points.length / 2))) * 100_000;
  return {
    figures: [
      {
        what: 'memory, resident',
        who: 'platform',
        value: `${points[0]?.y.toFixed(0)} → ${points.at(-1)?.y.toFixed(0)} MiB`,
      },
    ],
    targets: [
      { name: 'memory: most', unit: ' MiB', value: most, atMost: 250 },
      {
        name: 'memory: growth over 100,000 requests',
        unit: ' MiB',
        value: growth,
        atMost: 10,
        note: `the slope of the second half of ${options.memoryRequests.toLocaleString('en')} requests`,
      },
    ],
  };
}
