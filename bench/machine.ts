import { cpus } from 'node:os';

const BYTES_A_LINE = 64;
const READS = 200_000;
/** The first warms up, and of the others the quickest counts: whoever else uses the machine only ever adds to them. */
const TRIES = 3;

/** Nanoseconds. A read that no cache answers took 150 to 215 where it was measured; a third cache takes 10 to 50 (assumed). */
const ANSWERED_BY_A_CACHE_NS = 80;

/** What a run's figures were measured on. */
export interface Machine {
  readonly node: string;
  readonly cores: number;
  /** What a read costs that nobody could foresee, from a piece of memory of this size that was read a moment ago. */
  readonly readNs: { readonly '1 MiB': number; readonly '8 MiB': number };
}

export const thisMachine = (): Machine => ({
  node: process.version,
  cores: cpus().length,
  readNs: { '1 MiB': readNs(1_024), '8 MiB': readNs(8_192) },
});

/** @returns what a reader of the verdicts should know of the machine; usually nothing */
export function cautionAbout({ readNs: { '1 MiB': near, '8 MiB': far } }: Machine): string[] {
  if (far < ANSWERED_BY_A_CACHE_NS) return [];
  return [
    `This machine keeps no 8 MiB in its caches: a read from so many takes ${far} ns, from 1 MiB ${near}. That weighs on who has more code and data
than the floor: ratios to the floor are probably lower here than elsewhere (docs/performance.md).`,
  ];
}

function readNs(kib: number): number {
  const lines = (kib * 1024) / BYTES_A_LINE;
  const step = BYTES_A_LINE / Uint32Array.BYTES_PER_ELEMENT;
  const next = new Uint32Array(lines * step);
  const order = shuffled(lines);
  for (let i = 0; i < lines; i += 1) next[(order[i] ?? 0) * step] = (order[(i + 1) % lines] ?? 0) * step;
  const took = Array.from({ length: TRIES }, () => chase(next, Math.max(READS, lines)));
  return Math.round(Math.min(...took.slice(1)));
}

/** Each read says where the next one is. */
function chase(next: Uint32Array, reads: number): number {
  const began = performance.now();
  let at = 0;
  for (let i = 0; i < reads; i += 1) at = next[at] ?? 0;
  const ns = ((performance.now() - began) * 1e6) / reads;
  // So that the compiler does not find out that nobody reads `at`.
  return at >= 0 ? ns : Number.NaN;
}

/** The numbers below `count` in an order that is always the same, and that no processor foresees. */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let chance = 1;
  for (let i = count - 1; i > 0; i -= 1) {
    chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
    const other = chance % (i + 1);
    const kept = order[i] ?? 0;
    order[i] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
