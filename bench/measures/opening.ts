import type { Bench } from '../bench.js';
import { startPlatform } from '../contestants.js';
import { scaled } from '../figures.js';
import { type Findings, QUIET } from '../report.js';
import { openAtReference, openDropIn, openPayment } from '../requests.js';
import {
  alternate,
  compareQuiet,
  difference,
  figuresOf,
  type Part,
  ratio,
  spread,
  UNJUDGED_WARMTH,
} from '../rounds.js';

const FLOOR = 'floor: Fastify, undici, pg';
const PLAIN = 'plain: Nest, Express, axios, TypeORM';
const PLATFORM = 'platform';
/**
 * Openings a second of the floor's, where the limits were set (3,500 to 4,300). Five milliseconds are the time of so many openings there; on
 * a machine a quarter as quick, where everybody takes four times as long, they would be another limit.
 */
const FLOOR_WHERE_LIMITS_WERE_SET = 3_500;

/** Opening a payment: throughput, and the latency when half as much is asked for. */
export async function measureOpening(bench: Bench): Promise<Findings> {
  const { floor, plain, small, options } = bench;
  const reference = { template: openAtReference, expect: 201 };
  const parts: Part[] = [
    { who: FLOOR, contestants: [floor], ...reference },
    { who: PLAIN, contestants: [plain], ...reference },
    { who: PLATFORM, contestants: [small.platform], template: openPayment(small.biller), expect: 201 },
  ];
  const rounds = await alternate(bench, 'opening payments, as many as go', parts, 1.2);

  const half = parts.flatMap((part): Part[] =>
    part.who === PLAIN
      ? []
      : [
          {
            ...part,
            pace: {
              kind: 'open',
              perSecond: spread(rounds, part.who, 'perSecond').median / 2,
              seconds: options.seconds,
            },
          },
        ],
  );
  const atHalf = await alternate(bench, 'opening payments, at half of that', half, 0.5, options.manyRounds.p99);

  const toFloor = ratio(rounds, PLATFORM, FLOOR, 'perSecond');
  const toPlain = ratio(rounds, PLATFORM, PLAIN, 'perSecond');
  const floorPerSecond = spread(rounds, FLOOR, 'perSecond').median;
  const over = compareQuiet(atHalf, PLATFORM, FLOOR, 'p99', (one, other) => one - other);
  const slower = FLOOR_WHERE_LIMITS_WERE_SET / floorPerSecond;
  return {
    figures: [...figuresOf('open a payment', rounds), ...figuresOf('… at half of saturation', atHalf)],
    targets: [
      {
        name: 'opening: throughput over the floor',
        unit: '×',
        value: toFloor.median,
        between: toFloor.between,
        spread: toFloor,
        atLeast: 0.6,
      },
      {
        name: 'opening: throughput over the plain way',
        unit: '×',
        value: toPlain.median,
        between: toPlain.between,
        spread: toPlain,
        atLeast: 2,
      },
      {
        name: "opening: p99 at half of saturation, over the floor's",
        unit: ' ms',
        value: over.value / slower,
        between: { low: over.between.low / slower, high: over.between.high / slower },
        spread: scaled(difference(atHalf, PLATFORM, FLOOR, 'p99'), 1 / slower),
        atMost: 5,
        note: `where the floor opens ${FLOOR_WHERE_LIMITS_WERE_SET.toLocaleString('en')} a second; ${over.value.toFixed(1)} ms here, where it opens ${floorPerSecond.toFixed(0)}; ${QUIET}`,
      },
    ],
  };
}

/** The route of existing clients. */
export async function measureDropIn(bench: Bench): Promise<Findings> {
  const { platform, biller } = bench.small;
  const part = { who: PLATFORM, contestants: [platform], template: openDropIn(biller), expect: 200 };
  return {
    targets: [],
    figures: figuresOf('open a payment, drop-in CPv2', await alternate(bench, 'drop-in', [part], UNJUDGED_WARMTH)),
  };
}

/** A second process on the same database, which a balancer would share the work with. */
export async function measureProcesses(bench: Bench): Promise<Findings> {
  const { stage, small, options } = bench;
  const { platform, biller, databaseUrl } = small;
  const { folder, invoiceCloudUrl } = stage;
  const second = await stage.adopt(startPlatform({ name: 'platform-second', folder, invoiceCloudUrl, databaseUrl }));
  const template = openPayment(biller);
  const parts = [
    { who: 'platform, 1 process', contestants: [platform], template, expect: 201 },
    { who: 'platform, 2 processes', contestants: [platform, second], template, expect: 201 },
  ];
  const rounds = await alternate(bench, 'one process and two', parts, UNJUDGED_WARMTH, options.fewRounds);
  await second.process.stop();
  return { targets: [], figures: figuresOf('open a payment', rounds) };
}
