import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Actor, AuditTrail, type Change } from '../audit/audit-trail.js';
import { SpoolHeld, SpoolNotFound } from '../spool/errors.js';
import { promiseHolds } from '../spool/spool-rows.js';
import type { LostSpoolView, SpoolListView, SpoolView } from './spools.view.js';

/** The answer names all of them; an event stays readable. */
const MOST_IN_EVENT = 1_000;

/** By the columns of the view; `held`: its process has just been heard of, or its promise holds. */
const SPOOLS = `
  select s.id, s.owner, s.host, s.waiting, s.bytes::float8 as bytes, s.oldest_at as "oldestAt", s.seen_at as "seenAt",
    (select count(*)::int from spool_marks m where m.spool_id = s.id) as marked,
    case when ${promiseHolds('s')} or s.seen_at > now() - interval '5 seconds' then 'held' else 'silent' end as state
  from spools s`;

type Row = Omit<SpoolView, 'oldestAt' | 'seenAt'> & { readonly oldestAt: Date | null; readonly seenAt: Date };

/** Spools of all processes, as the database knows them. */
@Injectable()
export class SpoolsAdminService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  async list(): Promise<SpoolListView> {
    return { data: (await this.dataSource.query<Row[]>(`${SPOOLS} order by s.id`)).map(view) };
  }

  /**
   * From then on nobody waits for what this spool holds: its invoices may be opened anew. If it comes back after all, what it holds is
   * recorded.
   * @throws SpoolNotFound, SpoolHeld
   */
  declareLost(actor: Actor, id: string, reason: string): Promise<LostSpoolView> {
    return this.audit.change(actor, (change) => this.forget(change, id, reason));
  }

  private async forget(change: Change, id: string, reason: string): Promise<LostSpoolView> {
    const { manager } = change;
    const [found] = await manager.query<Row[]>(`${SPOOLS} where s.id = $1 for no key update of s`, [id]);
    if (!found) throw new SpoolNotFound('Check the id; GET /admin/v1/spools lists them.');
    if (found.state === 'held') {
      throw new SpoolHeld(
        'Its process lives and will record what it holds. Stop that process first, if it is to be given up.',
      );
    }
    const [marks] = await manager.query<[{ id: string }[], number]>(
      'delete from spool_marks where spool_id = $1 returning subject_id as id',
      [id],
    );
    await manager.query('delete from spools where id = $1', [id]);
    const spool = view(found);
    const paymentIds = marks.map((mark) => mark.id);
    const after = { reason, paymentIds: paymentIds.slice(0, MOST_IN_EVENT) };
    change.record('spool.declare-lost', `spool:${id}`, spool, after);
    return { ...spool, paymentIds };
  }
}

const view = ({ oldestAt, seenAt, ...rest }: Row): SpoolView => ({
  ...rest,
  oldestAt: oldestAt?.toISOString() ?? null,
  seenAt: seenAt.toISOString(),
});
