import type { Interval, Spread } from './figures.js';

/** How times that are held to a limit are judged: whoever else uses the machine only ever adds to them. */
export const QUIETEST = "each one's quietest round";
/** How latencies that are compared are judged; see `compareQuiet`. */
export const QUIET = "the mean of each one's quieter half of the rounds";

/** Something that is to be reached. */
export interface Target {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Of the rounds, where there were some. */
  readonly spread?: Spread;
  /** Of the value, where it comes from rounds that are compared. */
  readonly between?: Interval;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** How it was measured, where the name does not say. */
  readonly note?: string;
}

/** A figure that nobody is held to. */
export interface Figure {
  readonly what: string;
  readonly who: string;
  readonly perSecond?: Spread;
  readonly p50?: Spread;
  readonly p99?: Spread;
  /** Milliseconds of CPU a request: of the contestant's process, */
  readonly cpuOwn?: Spread;
  /** and of PostgreSQL. */
  readonly cpuDatabase?: Spread;
  readonly value?: string;
}

export interface Findings {
  readonly targets: readonly Target[];
  readonly figures: readonly Figure[];
}

export type Verdict = 'reached' | 'NOT REACHED' | 'at its limit';

/** Where the limit lies between what the value may be, another run may come out on the other side of it, and says neither. */
export function verdictOn({ value, between, atMost, atLeast }: Target): Verdict {
  const meets = (figure: number): boolean =>
    (atMost === undefined || figure <= atMost) && (atLeast === undefined || figure >= atLeast);
  const { low, high } = between ?? { low: value, high: value };
  if (meets(low) === meets(high)) return meets(low) ? 'reached' : 'NOT REACHED';
  return 'at its limit';
}

export class Report {
  readonly targets: Target[] = [];
  readonly figures: Figure[] = [];

  add({ targets, figures }: Findings): void {
    this.targets.push(...targets);
    this.figures.push(...figures);
  }

  json(about: object): string {
    const targets = this.targets.map((target) => ({ ...target, verdict: verdictOn(target) }));
    return JSON.stringify({ ...about, targets, figures: this.figures }, null, 2);
  }

  table(): string {
    const figures = this.figures.map(({ what, who, perSecond, p50, p99, cpuOwn, cpuDatabase, value }) => [
      what,
      who,
      perSecond ? shown(perSecond, 0) : (value ?? ''),
      p50 ? shown(p50, 1) : '',
      p99 ? shown(p99, 1) : '',
      cpuOwn ? cpuOwn.median.toFixed(2) : '',
      cpuDatabase ? cpuDatabase.median.toFixed(2) : '',
    ]);
    const targets = this.targets.map((target) => [
      target.name,
      `${number(target.value)}${target.unit}`,
      target.between ? `${number(target.between.low)} – ${number(target.between.high)}` : '',
      target.spread && target.spread.rounds > 1 ? `${number(target.spread.least)} – ${number(target.spread.most)}` : '',
      target.atMost === undefined
        ? `at least ${target.atLeast}${target.unit}`
        : `at most ${target.atMost}${target.unit}`,
      verdictOn(target),
      target.note ?? '',
    ]);
    return [
      grid(['what', 'who', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms', 'of PostgreSQL'], figures),
      grid(['target', 'value', 'between (95 %)', 'rounds', 'to reach', 'verdict', ''], targets),
    ].join('\n\n');
  }
}

const number = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

const shown = ({ median, least, most, rounds }: Spread, digits: number): string =>
  rounds > 1 ? `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})` : median.toFixed(digits);

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
