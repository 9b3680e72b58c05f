import { parseArgs } from 'node:util';
import { GUARDS, type Guard } from './guards.js';

export const CHAPTERS = ['kills', 'postgres', 'proxy', 'races', 'partner', 'load', 'hang'] as const;
export type Chapter = (typeof CHAPTERS)[number];

export interface Options {
  readonly long: boolean;
  readonly chapters: readonly Chapter[];
  readonly kills: number;
  readonly seed: number;
  /** Take every guard out in turn, and see that it is found. */
  readonly guards: boolean;
  /** Take these out. */
  readonly without: readonly Guard[];
  /** Seconds of load. */
  readonly loadSeconds: number;
  /** Postbacks a second. */
  readonly loadRate: number;
  /** Print the labelled steps, and every trial to kill at one. */
  readonly verbose: boolean;
  /** The folder above another PostgreSQL's `bin`. */
  readonly postgres?: string;
}

export const USAGE = `npm run test:chaos -- [options]
  --long               the long form: at least 1,000 kills, two minutes of load
  --only a,b           chapters: ${CHAPTERS.join(', ')}
  --load               the same as --only load, in its long form
  --kills n            how many processes are killed at labelled steps
  --seconds n          how long the load lasts
  --rate n             postbacks a second
  --seed n             makes a run again
  --verbose            prints the labelled steps, and every try to kill at one
  --without a,b        takes guards out: ${GUARDS.map(({ name }) => name).join(', ')}
  --postgres folder    another PostgreSQL than the package's, such as /usr/lib/postgresql/15
  --guards             takes each guard out in turn; fails unless each is found`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      long: { type: 'boolean', default: false },
      only: { type: 'string' },
      load: { type: 'boolean', default: false },
      kills: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string', default: '200' },
      seed: { type: 'string' },
      without: { type: 'string', default: '' },
      guards: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      postgres: { type: 'string' },
    },
  });
  const long = values.long || values.load;
  const list = (text: string | undefined) => (text ?? '').split(',').filter((word) => word !== '');
  const only = values.load ? ['load'] : list(values.only);
  const chapters = only.length > 0 ? CHAPTERS.filter((name) => only.includes(name)) : CHAPTERS;
  if (only.length > 0 && chapters.length !== only.length) throw new Error(`--only takes ${CHAPTERS.join(', ')}`);
  const without = GUARDS.filter(({ name }) => list(values.without).includes(name));
  if (without.length !== list(values.without).length) throw new Error('--without names a guard that there is not');
  return {
    long,
    chapters,
    kills: number('kills', values.kills, long ? 1_000 : 20),
    seed: number('seed', values.seed, Math.trunc(Math.random() * 1e9)),
    guards: values.guards,
    without,
    loadSeconds: number('seconds', values.seconds, long ? 120 : 5),
    loadRate: number('rate', values.rate, 200),
    verbose: values.verbose,
    ...(values.postgres !== undefined && { postgres: values.postgres }),
  };
}

function number(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number`);
  return value;
}
