/** A file of the journal is named by its hour and its process, so that names sort by time: `openings-2026-11-28T07-1a2b3c4d-1.log`. */
const NAME = /^openings-(\d{4}-\d{2}-\d{2}T\d{2})-[0-9a-f]{8}-\d+\.log$/;

export const nameOf = (hour: string, process: string, count: number): string =>
  `openings-${hour}-${process}-${count}.log`;

/** @example '2026-11-28T07' */
export const hourOf = (time: Date): string => time.toISOString().slice(0, 13);

/** When the hour of a file begins; undefined for what is no file of the journal. */
export function beginningOf(name: string): Date | undefined {
  const [, hour] = NAME.exec(name) ?? [];
  return hour === undefined ? undefined : new Date(`${hour}:00:00Z`);
}

/** What a line of the journal says. */
export type JournalLine =
  /** The file begins: from then on every opening of its process stands in the journal. */
  | { readonly kind: 'begin'; readonly at: Date }
  /** Of one payment; sealed, owner is the payment's id, field `opening`. */
  | { readonly kind: 'opening'; readonly id: string; readonly sealed: string }
  /** So many openings could not be written. */
  | { readonly kind: 'gap'; readonly from: Date; readonly to: Date; readonly count: number };

export const FIELD = 'opening';

export const beginLine = (at: Date): string => `begin ${at.toISOString()}`;
export const openingLine = (id: string, sealed: string): string => `opening ${id} ${sealed}`;
export const gapLine = (from: Date, to: Date, count: number): string =>
  `gap ${from.toISOString()} ${to.toISOString()} ${count}`;

/** @returns undefined for a line of another release */
export function readLine(text: string): JournalLine | undefined {
  const [kind, first = '', second = '', third = ''] = text.split(' ');
  if (kind === 'begin') return { kind, at: new Date(first) };
  if (kind === 'opening') return { kind, id: first, sealed: second };
  if (kind === 'gap') return { kind, from: new Date(first), to: new Date(second), count: Number(third) };
  return undefined;
}
