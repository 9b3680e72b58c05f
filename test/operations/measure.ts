import type { PartnerBackend } from '../chaos/partner.js';
import type { Tables } from '../chaos/tables.js';
import { percentile, sleep } from '../chaos/time.js';
import { AMOUNT_CENTS } from '../chaos/world.js';
import { wasTaken, type Posted } from './load.js';
import type { Away } from './probe.js';

/** What became of a row's PostBacks. */
export interface Figures {
  readonly posted: number;
  readonly taken: number;
  /** Not answered 2xx, or not answered. */
  readonly refused: number;
  /** How the refused ones were answered, with their numbers. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly awaySeconds: number;
  /** Answers to what was posted while the database was away. Milliseconds; NaN where nothing was. */
  readonly p50: number;
  readonly p99: number;
  readonly recorded: number;
  /** Answered 2xx, and not in the database. */
  readonly lostTaken: number;
  /** Not answered 2xx, and not in the database: Invoice Cloud does not post it again. */
  readonly lostRefused: number;
  /** Booked twice, or with another amount. */
  readonly twice: number;
  /** Payments that the partner has heard of with a signature that holds. */
  readonly relayed: number;
  /** Payments of which the partner was told under a second webhook-id. */
  readonly toldTwice: number;
  /** Repeats of a webhook-id, which partners drop: delivery is at least once. */
  readonly repeats: number;
  /** From the database's return until all of before was recorded, and relayed. Seconds. */
  readonly recordedAfter: number;
  readonly relayedAfter: number;
}

interface Row {
  readonly guid: string;
  readonly receipts: number;
  readonly cents: number;
  readonly at: Date;
}

/** Waits until all that was answered 2xx is recorded and relayed, or until nothing more has come for `quietMs`. */
export async function measure(
  { tables, partner }: { readonly tables: Tables; readonly partner: PartnerBackend },
  posted: readonly Posted[],
  away: Away | undefined,
  quietMs = 45_000,
): Promise<Figures> {
  const guids = posted.map(({ paymentGuid }) => paymentGuid);
  const expected = posted.filter(wasTaken).length;
  let rows: readonly Row[] = [];
  let news = Date.now();
  for (let before = -1; Date.now() - news < quietMs; await sleep(500)) {
    rows = await recordedOf(tables, guids).catch(() => rows);
    const told = toldOf(partner, posted).size;
    if (rows.length >= expected && told >= rows.length) break;
    if (rows.length + told !== before) news = Date.now();
    before = rows.length + told;
  }
  // A second word, if there is to be one, comes soon.
  await sleep(1_000);
  return figures(posted, rows, toldOf(partner, posted), away);
}

function figures(
  posted: readonly Posted[],
  rows: readonly Row[],
  told: ReadonlyMap<string, Told>,
  away: Away | undefined,
): Figures {
  const recorded = new Map(rows.map((row) => [row.guid, row]));
  const refused = posted.filter((one) => !wasTaken(one));
  const isLost = ({ paymentGuid }: Posted) => !recorded.has(paymentGuid);
  const meanwhile = away ? posted.filter(({ at }) => at >= away.from && at <= away.until) : [];
  const took = meanwhile.map(({ tookMs }) => tookMs);
  const backlog = away ? posted.filter(({ at }) => at <= away.until).map(({ paymentGuid }) => paymentGuid) : [];
  const after = (at: (guid: string) => number | undefined): number =>
    Math.max(0, ...backlog.map((guid) => ((at(guid) ?? 0) - (away?.until ?? 0)) / 1_000));
  const refusals: Record<string, number> = {};
  for (const { status } of refused) {
    const word = status === undefined ? 'no answer' : String(status);
    refusals[word] = (refusals[word] ?? 0) + 1;
  }
  return {
    posted: posted.length,
    taken: posted.length - refused.length,
    refused: refused.length,
    refusals,
    awaySeconds: away ? (away.until - away.from) / 1_000 : 0,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    recorded: rows.length,
    lostTaken: posted.filter((one) => wasTaken(one) && isLost(one)).length,
    lostRefused: refused.filter(isLost).length,
    twice: rows.filter(({ receipts, cents }) => receipts !== 1 || cents !== AMOUNT_CENTS).length,
    relayed: told.size,
    toldTwice: [...told.values()].filter(({ ids }) => ids.size > 1).length,
    repeats: [...told.values()].reduce((sum, { times, ids }) => sum + times - ids.size, 0),
    recordedAfter: after((guid) => recorded.get(guid)?.at.getTime()),
    relayedAfter: after((guid) => told.get(guid)?.at),
  };
}

/** By PaymentGUID: what the payment's receipts say, and since when the database has it. */
async function recordedOf(tables: Tables, guids: readonly string[]): Promise<Row[]> {
  return tables.rows<Row>(
    `select r.payment_guid as guid, count(*)::int4 as receipts, max(p.amount_paid_cents)::float8 as cents,
       min(r.created_at) as at
     from receipts r join payments p on p.id = r.payment_id where r.payment_guid = any($1) group by r.payment_guid`,
    [guids],
  );
}

interface Told {
  readonly ids: Set<string>;
  /** Of the first. */
  readonly at: number;
  times: number;
}

function toldOf(partner: PartnerBackend, posted: readonly Posted[]): Map<string, Told> {
  const ours = new Set(posted.map(({ paymentGuid }) => paymentGuid));
  const told = new Map<string, Told>();
  for (const { paymentGuid, webhookId, at } of partner.received) {
    if (!ours.has(paymentGuid)) continue;
    const known = told.get(paymentGuid) ?? { ids: new Set<string>(), at, times: 0 };
    known.ids.add(webhookId);
    known.times += 1;
    told.set(paymentGuid, known);
  }
  return told;
}
