import type { EntityManager } from 'typeorm';
import type { AuditTrail } from '../audit/audit-trail.js';
import { markUnsettled } from '../billers/unsettled.js';
import { type JournaledOpening, reopen, type Sorted, sortOpenings } from '../cloud-pay/journaled-opening.js';
import type { SecretBox } from '../common/secret-box.js';
import { leastIdAt } from '../common/id.js';
import { type JournalFindings, readJournal } from '../journal/journal-reader.js';
import { type Holes, holesOf } from './holes.js';

export interface RestoreQuestion {
  /** The database knows everything up to then, and perhaps not what came later. */
  readonly since: Date;
  /** Until then at the latest the platform served from the database of before. */
  readonly servedUntil: Date;
  /** Folders of the journals of all processes. */
  readonly journals: readonly string[];
  /** Life of a page where the biller says nothing else. Seconds. */
  readonly pageSeconds: number;
  /** False: nothing is changed. */
  readonly apply: boolean;
}

export interface RestoreAnswer {
  readonly journals: readonly (JournalFindings & { readonly folder: string })[];
  /** Openings of that time, of all journals. Ids of payments. */
  readonly remade: readonly string[];
  readonly completed: readonly string[];
  readonly known: number;
  /** Of billers that this database does not know, by biller. */
  readonly orphaned: ReadonlyMap<string, number>;
  /** Why the journals may not hold every opening of that time; empty: they do. */
  readonly holes: Holes;
  /** Billers whose openings are (or would be) refused. */
  readonly unsettled: readonly string[];
  /** Payments of before whose page lived on: of what was paid on it since then, this database knows nothing. */
  readonly livedOn: { readonly payments: number; readonly billers: number };
}

/** Of so long before, the journals must have what the database has. Milliseconds. */
const COMPARED_MS = 3_600_000;

/** Undoes what a dry run has tried. */
class DryRun extends Error {}

/**
 * Compares a restored database with the journals of openings, makes again what it has forgotten, and where a journal has holes
 * marks billers, whose openings then wait for an administrator. A dry run does all of it and takes it back. Doing it twice does
 * no more than doing it once.
 */
export class RestoreCheck {
  constructor(
    private readonly box: SecretBox,
    private readonly audit: AuditTrail,
  ) {}

  async run(question: RestoreQuestion): Promise<RestoreAnswer> {
    let answer: RestoreAnswer | undefined;
    const actor = { name: 'restore:check', ip: 'local', requestId: 'restore:check' };
    try {
      await this.audit.change(actor, async (change) => {
        answer = await this.compare(change.manager, question);
        if (!question.apply) throw new DryRun();
        const { remade, completed, unsettled } = answer;
        const facts = { remade: remade.length, completed: completed.length, unsettled: unsettled.length };
        change.record('restore.apply', 'platform', null, { since: question.since.toISOString(), ...facts });
      });
    } catch (error) {
      if (!(error instanceof DryRun)) throw error;
    }
    if (!answer) throw new Error('the comparison did not end');
    return answer;
  }

  private async compare(manager: EntityManager, question: RestoreQuestion): Promise<RestoreAnswer> {
    const { since, servedUntil, pageSeconds } = question;
    const [remade, completed]: string[][] = [[], []];
    const orphaned = new Map<string, number>();
    const written = new Set<string>();
    const from = new Date(since.getTime() - COMPARED_MS);
    let known = 0;
    // Before anything is made: these are of the database as it was restored.
    const livedOn = await this.livedOn(manager, since);
    const journals = [];
    for (const folder of new Set(question.journals)) {
      const findings = await readJournal<JournaledOpening>(folder, from, this.box, async (openings) => {
        for (const { id, openedAt } of openings) if (new Date(openedAt) < since) written.add(id);
        const sorted: Sorted = await sortOpenings(manager, openings);
        await reopen(manager, sorted);
        remade.push(...sorted.unknown.map(({ id }) => id));
        completed.push(...sorted.begun.map(({ id }) => id));
        for (const { billerId } of sorted.orphaned) orphaned.set(billerId, (orphaned.get(billerId) ?? 0) + 1);
        known += sorted.known;
      });
      journals.push({ folder, ...findings });
    }
    const begins = journals.flatMap((journal) => journal.begins ?? []);
    const compared = new Date(Math.max(from.getTime(), Math.min(...begins.map((time) => time.getTime()))));
    const strangers = begins.length > 0 ? await this.strangers(manager, compared, since, written) : 0;
    const holes = holesOf(journals, since, strangers);
    const unsettled = holes.length > 0 ? await markUnsettled(manager, since, servedUntil, pageSeconds) : [];
    return { journals, remade, completed, known, orphaned, holes, unsettled, livedOn };
  }

  /** Payments of that time that the database has, and that were not written down. */
  private async strangers(
    manager: EntityManager,
    from: Date,
    before: Date,
    written: ReadonlySet<string>,
  ): Promise<number> {
    const leastId = leastIdAt(new Date(from.getTime() - COMPARED_MS));
    const rows = await manager.query<{ id: string }[]>(
      `select id from payments where id >= $1 and opened_at >= $2 and opened_at < $3`,
      [leastId, from, before],
    );
    return rows.filter(({ id }) => !written.has(id)).length;
  }

  private async livedOn(manager: EntityManager, since: Date): Promise<RestoreAnswer['livedOn']> {
    const [row] = await manager.query<[RestoreAnswer['livedOn']]>(
      `select count(*)::int as payments, count(distinct biller_id)::int as billers from payments
       where status in ('open', 'declined', 'partially-paid') and page_expires_at > $1`,
      [since],
    );
    return row;
  }
}
