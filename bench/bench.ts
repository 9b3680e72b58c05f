import { type Contestant, startPlatform, startReference } from './contestants.js';
import { newBiller, Rows } from './data.js';
import type { Pace } from './load/job.js';
import type { Template } from './load/template.js';
import { type Options, SMALL } from './options.js';
import type { Biller } from './requests.js';
import type { Stage } from './stage.js';

/** Connections of a closed loop, as in the measurements that the targets come from. */
export const CONNECTIONS = 16;

/** A platform process with a database of its own, and the biller that is measured there. */
export interface Played {
  readonly platform: Contestant;
  readonly biller: Biller;
  readonly rows: Rows;
  readonly databaseUrl: string;
}

/** Everybody who takes part, ready and warm. */
export interface Bench {
  readonly stage: Stage;
  readonly options: Options;
  readonly floor: Contestant;
  readonly plain: Contestant;
  /** The platform on a fresh database. */
  readonly small: Played;
  /** The platform on a grown one. */
  readonly large: Played;
  readonly say: (line: string) => void;
}

export async function openBench(stage: Stage, options: Options, say: (line: string) => void): Promise<Bench> {
  const { folder, invoiceCloudUrl } = stage;
  const needsLarge = options.measures.some((measure) => measure === 'growth' || measure === 'start');
  const place = { folder, invoiceCloudUrl };
  const reference = (name: 'floor' | 'plain', databaseUrl: string) =>
    stage.adopt(startReference(name, { name, ...place, databaseUrl }));
  const play = async (name: 'small' | 'large', databaseUrl: string): Promise<Played> => {
    const platform = await stage.adopt(startPlatform({ name: `platform-${name}`, ...place, databaseUrl }));
    const biller = await newBiller(platform);
    const rows = await Rows.open(databaseUrl);
    stage.onClose(() => rows.close());
    await rows.fill(biller, name === 'large' && needsLarge ? options.large : SMALL);
    return { platform, biller, rows, databaseUrl };
  };
  say('starting the contestants');
  // One after the other: PostgreSQL copies no template that another copy is taken of.
  const databases = [
    await stage.database('floor'),
    await stage.database('plain'),
    await stage.database('small'),
    await stage.database('large'),
  ] as const;
  const [floor, plain, small] = await Promise.all([
    reference('floor', databases[0]),
    reference('plain', databases[1]),
    play('small', databases[2]),
  ]);
  const { billers, payments } = needsLarge ? options.large : SMALL;
  say(`filling a database with ${billers.toLocaleString('en')} billers and ${payments.toLocaleString('en')} payments`);
  const large = await play('large', databases[3]);
  return { stage, options, floor, plain, small, large, say };
}

/** So many connections, each sending when it was answered. */
export const closed = (seconds: number, connections = CONNECTIONS, most?: number): Pace => ({
  kind: 'closed',
  connections,
  seconds,
  ...(most !== undefined && { most }),
});

/** One contestant's part of a round. */
export interface Turn {
  readonly who: Contestant;
  readonly template: Template;
}

/** The order turns with every round, so that nobody always comes after the same one. */
export const turned = <Item>(items: readonly Item[], round: number): readonly Item[] =>
  round % 2 === 0 ? items : [...items].reverse();

/** Until everything has been delivered, so that one contestant's work is not done in another's time. */
export async function untilIdle(rows: Rows, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await rows.isIdle())) {
    if (Date.now() > end) throw new Error(`deliveries were still pending after ${withinMs / 1000} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
