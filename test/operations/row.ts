import { sleep, until } from '../chaos/time.js';
import type { Laboratory } from './laboratory.js';
import { Posting, prepare, type Prepared } from './load.js';
import { measure, type Figures } from './measure.js';
import type { Env } from './platform.js';
import { Probe, type Away } from './probe.js';

export interface Pace {
  /** PostBacks a second. */
  readonly rate: number;
  /** Times are goals too, and not only zeros. Not on a machine that is shared, as in CI. */
  readonly timed: boolean;
}

/** What a row has come to. */
export interface Outcome {
  readonly figures?: Figures;
  /** Figures of a kind that only this row has. */
  readonly notes: readonly string[];
  /** What is not as it is to be. Empty: the row has passed. */
  readonly failures: readonly string[];
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Played in the short form too. */
  readonly quick: boolean;
  /** Needs small disks. */
  readonly disks?: boolean;
  readonly play: (lab: Laboratory, pace: Pace) => Promise<Outcome>;
  /** Puts right what the next row builds on. */
  readonly mend?: (lab: Laboratory) => Promise<void>;
}

export interface Fault {
  /** About how long it takes in all, seconds: for so long payments are opened beforehand. */
  readonly seconds: number;
  /** The database is away for at least so long, or the fault has not happened. */
  readonly awaySeconds?: number;
  readonly env?: (lab: Laboratory) => Promise<Env>;
  /**
   * Done when the fault is over.
   * @returns from when to when, where the database itself can't tell
   */
  readonly strike: (lab: Laboratory, pace: Pace) => Promise<Away | void>;
  /** Where the database is asked whether it is there. */
  readonly probeUrl?: (lab: Laboratory) => string;
}

const LEAD_MS = 3_000;
const TAIL_MS = 4_000;
/** The database is back when every write went well for so long. */
const STEADY_MS = 2_000;
const GOAL_P99_MS = 2_000;
const GOAL_BACKLOG_SECONDS = 60;

/** PostBacks at a fixed rate before, during and after a fault; then what has become of them. */
export function underLoad(fault: Fault): Row['play'] {
  return async (lab, pace) => {
    const { rate, timed } = pace;
    await lab.ready(await fault.env?.(lab));
    const forged = lab.partner.forged.length;
    const seconds = fault.seconds + (LEAD_MS + TAIL_MS) / 1_000;
    const prepared = await prepare(lab, Math.ceil(rate * seconds));
    const { posted, away, ranOut } = await strike(lab, fault, prepared, pace);
    const figures = await measure(lab, posted, away);
    const died = lab.platform.processes.filter(({ runs }) => !runs).map(({ name }) => `${name} has died`);
    const failures = [...wrong(figures, fault), ...(timed ? late(figures) : []), ...died];
    if (lab.partner.forged.length > forged) failures.push('a signature did not hold');
    // What is over by then was seen all the same.
    const notes = ranOut ? ['all payments that had been opened were paid before the fault was over'] : [];
    return { figures, notes, failures };
  };
}

async function strike(lab: Laboratory, fault: Fault, prepared: readonly Prepared[], pace: Pace) {
  const probe = new Probe(fault.probeUrl?.(lab) ?? lab.databases.url);
  const posting = new Posting(prepared, pace.rate);
  try {
    await sleep(LEAD_MS);
    const known = await fault.strike(lab, pace);
    if (fault.awaySeconds !== undefined) await until(() => probe.away(), 30_000);
    await until(() => probe.wellFor(STEADY_MS), 150_000);
    await sleep(TAIL_MS);
    const { ranOut } = posting;
    return { away: known ?? probe.away(), ranOut, posted: await posting.stop() };
  } finally {
    await Promise.all([probe.stop(), posting.stop()]);
  }
}

/** Zeros, or the fault that was not one. */
function wrong(figures: Figures, { awaySeconds = 0 }: Fault): string[] {
  const { lostTaken, lostRefused, twice, toldTwice, relayed, recorded, taken } = figures;
  return [
    ...(lostTaken > 0 ? [`${lostTaken} lost that were answered 2xx`] : []),
    ...(lostRefused > 0 ? [`${lostRefused} lost that were refused`] : []),
    ...(twice > 0 ? [`${twice} booked twice or wrong`] : []),
    ...(toldTwice > 0 ? [`${toldTwice} told under two webhook-ids`] : []),
    ...(relayed < recorded ? [`${recorded - relayed} recorded and not relayed`] : []),
    ...(taken === 0 ? ['nothing was answered 2xx'] : []),
    ...(figures.awaySeconds < awaySeconds ? [`the database was away for ${figures.awaySeconds} s only`] : []),
  ];
}

function late({ p99, relayedAfter }: Figures): string[] {
  return [
    ...(p99 > GOAL_P99_MS ? [`p99 is ${Math.round(p99)} ms while the database is away`] : []),
    ...(relayedAfter > GOAL_BACKLOG_SECONDS ? [`the backlog took ${Math.round(relayedAfter)} s`] : []),
  ];
}
