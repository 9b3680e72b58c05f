import { type Bench, closed, untilIdle } from '../bench.js';
import { ascending, percentile, spreadOf } from '../figures.js';
import { type Findings, QUIETEST } from '../report.js';
import { postBack } from '../requests.js';
import { alternate, figuresOf, type Part, ratio } from '../rounds.js';

const INSERT = 'floor: Fastify, one insert';
const PLATFORM = 'platform';
const RELAYING = 'platform, each relayed meanwhile';
/** More than any machine takes in one turn. */
const MOST_A_TURN = 2_000;
/** After two thousand, the compiler is still at work on the platform. */
const WARMTH = 2;
/** It is warm but for the relay. */
const RELAYED_WARMTH = 0.3;
const RELAY_PER_SECOND = 200;
const RELAY_SECONDS = 1;

/**
 * Postbacks that agree, each for a payment of its own, all of which are to be relayed: once with the partner switched off, so
 * that the intake alone is measured, and once with every one delivered in the same time by the same process.
 */
export async function measureIntake(bench: Bench): Promise<Findings> {
  const { stage, floor, small, options } = bench;
  const { platform, biller, rows } = small;
  const template = postBack(biller.guid);
  const pace = closed(options.seconds, undefined, MOST_A_TURN);
  const prepare = async (most: number): Promise<number> => {
    const from = stage.reserve(most);
    await rows.preparePayments(biller, from, most, stage.partnerUrl);
    return from;
  };
  const platformPart = { contestants: [platform], template, expect: 204, pace };
  // An endpoint is made with its first delivery.
  await stage.run([platform], { ...platformPart, from: await prepare(1), pace: closed(options.seconds, 1, 1) });
  await untilIdle(rows);
  const parts: Part[] = [
    { who: INSERT, contestants: [floor], template, expect: 204, pace },
    {
      ...platformPart,
      who: PLATFORM,
      prepare: async (most) => {
        await rows.holdDeliveries();
        return prepare(most);
      },
      settle: () => rows.dropDeliveries(),
    },
  ];
  const rounds = await alternate(bench, 'postbacks', parts, WARMTH);
  const relayed: Part = { ...platformPart, who: RELAYING, prepare, settle: () => untilIdle(rows) };
  const relaying = await alternate(bench, 'postbacks, each relayed meanwhile', [relayed], RELAYED_WARMTH);
  const toInsert = ratio(rounds, PLATFORM, INSERT, 'perSecond');
  return {
    figures: [...figuresOf('take a postback', rounds), ...figuresOf('take a postback', relaying)],
    targets: [
      {
        name: 'postbacks: throughput over one bare insert',
        unit: '×',
        value: toInsert.median,
        between: toInsert.between,
        spread: toInsert,
        atLeast: 0.6,
        note: 'recorded and enqueued; delivered afterwards',
      },
    ],
  };
}

/** From the moment that Invoice Cloud sends its message to the moment that the partner has it. */
export async function measureRelay(bench: Bench): Promise<Findings> {
  const { stage, small, options, say } = bench;
  const { platform, biller, rows } = small;
  say('relay');
  const p95s: number[] = [];
  const p50s: number[] = [];
  for (let round = 0; round < Math.min(Math.ceil(options.rounds / 2), 5); round += 1) {
    const count = Math.round(RELAY_PER_SECOND * RELAY_SECONDS);
    const from = stage.reserve(count);
    await rows.preparePayments(biller, from, count, stage.partnerUrl);
    await stage.party({ kind: 'record' });
    const { times = [] } = await stage.run([platform], {
      template: postBack(biller.guid),
      expect: 204,
      from,
      pace: { kind: 'open', perSecond: RELAY_PER_SECOND, seconds: RELAY_SECONDS },
      keepTimes: true,
    });
    await untilIdle(rows);
    const { arrivals = {} } = await stage.party({ kind: 'take' });
    const took = times.flatMap((sentAt, i) => {
      const at = arrivals[`p-${String(from + i).padStart(10, '0')}`];
      return at === undefined ? [] : [at - sentAt];
    });
    if (took.length < count) throw new Error(`the partner was told of ${took.length} of ${count} payments`);
    const sorted = ascending(took);
    p50s.push(percentile(sorted, 0.5));
    p95s.push(percentile(sorted, 0.95));
  }
  const p95 = spreadOf(p95s);
  return {
    figures: [{ what: `first relay, ${RELAY_PER_SECOND} a second`, who: PLATFORM, p50: spreadOf(p50s) }],
    targets: [
      {
        name: `relay: p95 from postback to partner at ${RELAY_PER_SECOND} a second`,
        unit: ' ms',
        value: p95.least,
        spread: p95,
        atMost: 120,
        note: QUIETEST,
      },
    ],
  };
}
