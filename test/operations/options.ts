import { parseArgs } from 'node:util';
import { ROWS } from './rows.js';
import type { Row } from './row.js';

export interface Options {
  readonly quick: boolean;
  readonly rows: readonly Row[];
  /** PostBacks a second. */
  readonly rate: number;
  readonly json: boolean;
  /** Where the logs of all programs are copied to at the end. */
  readonly logs: string | undefined;
}

export const USAGE = `npm run test:operations -- [options]
  --quick          some rows, in a few minutes; times are printed, and not held to their goals
  --rows a,b       ${ROWS.map(({ name }) => name).join(', ')}
  --rate n         PostBacks a second (40, with --quick 20)
  --json           prints the figures as one document at the end
  --logs folder    keeps the logs of all programs`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rows: { type: 'string', default: '' },
      rate: { type: 'string' },
      json: { type: 'boolean', default: false },
      logs: { type: 'string' },
    },
  });
  const wanted = values.rows.split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) throw new Error(`--rows: there is no row "${unknown}"`);
  const rate = Number(values.rate ?? (values.quick ? 20 : 40));
  if (!Number.isInteger(rate) || rate < 1) throw new Error('--rate must be a whole number');
  const rows = ROWS.filter((row) => (wanted.length > 0 ? wanted.includes(row.name) : !values.quick || row.quick));
  return { quick: values.quick, rows, rate, json: values.json, logs: values.logs };
}
