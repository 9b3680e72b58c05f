import { parseArgs } from 'node:util';
import type { Size } from './data.js';

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  /** Alternating rounds of each comparison. */
  readonly rounds: number;
  /** Of what is compared with nothing. */
  readonly fewRounds: number;
  /** Of one round at one contestant. */
  readonly seconds: number;
  /** Requests before the first round, at each contestant. */
  readonly warmUp: number;
  readonly large: Size;
  /** Requests over which memory is looked at. */
  readonly memoryRequests: number;
  readonly starts: number;
}

export const USAGE = `npm run bench -- [options]
  --quick   in under a minute: fewer and shorter rounds, a tenth of the rows and of the requests
  --json    one JSON document on stdout in place of the table`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const { quick, json } = values;
  return { quick, json, ...(quick ? QUICK : FULL) };
}

const QUICK = {
  rounds: 2,
  fewRounds: 1,
  seconds: 1,
  warmUp: 400,
  large: { billers: 10_000, payments: 100_000 },
  memoryRequests: 12_000,
  starts: 1,
};

const FULL = {
  rounds: 5,
  fewRounds: 2,
  seconds: 1.5,
  warmUp: 2_000,
  large: { billers: 100_000, payments: 1_000_000 },
  memoryRequests: 100_000,
  starts: 3,
};

/** What "ten of each" means. */
export const SMALL: Size = { billers: 10, payments: 10 };
