import type { Figures } from './measure.js';
import type { Outcome, Row } from './row.js';

/** A row that was played, or the reason why it was not. */
export interface Played {
  readonly row: Row;
  readonly outcome: Outcome | undefined;
  readonly notPlayed?: string;
  /** What the processes have warned of, when it has failed. */
  readonly reasons: readonly string[];
}

export const passed = ({ outcome }: Played): boolean => outcome !== undefined && outcome.failures.length === 0;
export const failed = ({ outcome }: Played): boolean => outcome !== undefined && outcome.failures.length > 0;

const HEAD = [
  'row',
  'away s',
  'posted',
  '2xx',
  'refused',
  'p50 / p99 ms while away',
  'recorded',
  'lost: 2xx / refused',
  'twice',
  'relayed',
  'told twice',
  'same id again',
  'recorded / relayed after s',
  '',
];

/** A table in Markdown, as docs/operators.md has it. */
export function table(played: readonly Played[]): string {
  const rows = [HEAD, ...played.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** What stands in no column. */
export function notes(played: readonly Played[]): string[] {
  return played.flatMap(({ row, outcome, reasons }) => [
    ...(outcome?.notes ?? []).map((note) => `${row.name}: ${note}`),
    ...(outcome?.failures ?? []).map((failure) => `${row.name}: FAILED: ${failure}`),
    ...reasons.map((reason) => `${row.name}:   ${reason}`),
  ]);
}

function cells({ row, outcome, notPlayed }: Played): string[] {
  const { figures } = outcome ?? {};
  const verdict = outcome === undefined ? `not played: ${notPlayed}` : outcome.failures.length > 0 ? 'FAILED' : 'ok';
  return [row.title, ...(figures ? cellsOf(figures) : Array<string>(HEAD.length - 2).fill('–')), verdict];
}

function cellsOf(figures: Figures): string[] {
  const refusals = Object.entries(figures.refusals).map(([word, times]) => `${times} × ${word}`);
  const ms = (value: number) => (Number.isNaN(value) ? '–' : String(Math.round(value)));
  return [
    figures.awaySeconds.toFixed(1),
    String(figures.posted),
    String(figures.taken),
    figures.refused === 0 ? '0' : `${figures.refused} (${refusals.join(', ')})`,
    `${ms(figures.p50)} / ${ms(figures.p99)}`,
    String(figures.recorded),
    `${figures.lostTaken} / ${figures.lostRefused}`,
    String(figures.twice),
    String(figures.relayed),
    String(figures.toldTwice),
    String(figures.repeats),
    `${figures.recordedAfter.toFixed(1)} / ${figures.relayedAfter.toFixed(1)}`,
  ];
}
