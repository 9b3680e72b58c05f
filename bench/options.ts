import { parseArgs } from 'node:util';
import type { Size } from './data.js';

/** In the order in which they are taken. Growth comes first, while the small database is small. */
export const MEASURES = [
  'growth',
  'opening',
  'postbacks',
  'relay',
  'sign-in',
  'drop-in',
  'launch',
  'processes',
  'start',
  'memory',
] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  readonly measures: readonly Measure[];
  /** Alternating rounds of each comparison: many and short ones, so that what strikes the machine strikes few of them. */
  readonly rounds: number;
  /** Of what is compared with nothing. */
  readonly fewRounds: number;
  /** Of latencies that are compared. */
  readonly manyRounds: { readonly p99: number; readonly p50: number };
  /** Of one round at one contestant. */
  readonly seconds: number;
  /** Requests before the first round, at each contestant, and how long they may take. */
  readonly warmUp: { readonly most: number; readonly seconds: number };
  readonly large: Size;
  /** Requests over which memory is looked at. */
  readonly memoryRequests: number;
  readonly starts: number;
}

export const USAGE = `npm run bench -- [options]
  --quick      in less than a minute: fewer and shorter rounds, a twentieth of the rows, and memory over too few requests for a slope
  --json       one JSON document on stdout in place of the table
  --only a,b   of ${MEASURES.join(', ')}`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const { quick, json } = values;
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !(MEASURES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${MEASURES.join(', ')}; "${unknown}" is none of them`);
  const measures = MEASURES.filter((name) => (only ? only.includes(name) : !(quick && name === 'processes')));
  return { quick, json, measures, ...(quick ? QUICK : FULL) };
}

const QUICK = {
  rounds: 3,
  fewRounds: 1,
  manyRounds: { p99: 4, p50: 5 },
  seconds: 0.25,
  warmUp: { most: 200, seconds: 1.2 },
  large: { billers: 5_000, payments: 50_000 },
  memoryRequests: 2_000,
  starts: 1,
};

const FULL = {
  rounds: 10,
  fewRounds: 2,
  manyRounds: { p99: 14, p50: 12 },
  seconds: 0.5,
  warmUp: { most: 2_000, seconds: 4.5 },
  large: { billers: 100_000, payments: 1_000_000 },
  memoryRequests: 100_000,
  starts: 4,
};

/** What "ten of each" means. */
export const SMALL: Size = { billers: 10, payments: 10 };
