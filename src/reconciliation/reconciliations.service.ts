import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { stringify } from 'csv-stringify/sync';
import { EntityManager, LessThan, MoreThan, Repository } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { BillersService } from '../billers/billers.service.js';
import { idsAround, newId } from '../common/id.js';
import { InvalidRequest } from '../common/platform-error.js';
import type { Category } from './compare.js';
import { ReconciliationNotFound } from './errors.js';
import { Reconciliation, ReconciliationItem } from './reconciliation.entity.js';
import {
  itemView,
  type ReconciliationItemPageView,
  type ReconciliationPageView,
  type ReconciliationView,
  reconciliationView,
} from './reconciliation.view.js';

const DAY_MS = 86_400_000;
/** Days before today that the daily one looks at: a payer may pay days after the page was opened. */
const DAILY_DAYS = 3;
const MOST_DAYS = 366;
/** Rows of a CSV that are read at a time. */
const CSV_ROWS = 1_000;

export interface Window {
  readonly from: Date;
  readonly to: Date;
}

@Injectable()
export class ReconciliationsService {
  constructor(
    @InjectRepository(Reconciliation) private readonly runs: Repository<Reconciliation>,
    @InjectRepository(ReconciliationItem) private readonly items: Repository<ReconciliationItem>,
    private readonly billers: BillersService,
  ) {}

  /** Begins one; the janitor of some process works on it. @throws BillerNotFound, InvalidRequest */
  async request(change: Change, billerId: string, { from, to }: Window): Promise<ReconciliationView> {
    const days = (to.getTime() - from.getTime()) / DAY_MS;
    if (days <= 0) throw InvalidRequest.of([{ field: 'to', reason: 'must be later than from' }]);
    if (days > MOST_DAYS)
      throw InvalidRequest.of([{ field: 'from', reason: `must be within ${MOST_DAYS} days of to` }]);
    await this.billers.get(billerId);
    const id = await this.begin(change.manager, billerId, { from, to }, change.actor.name);
    change.record('reconciliation.request', `biller:${billerId}`, null, { id, from, to });
    return reconciliationView(await change.manager.findOneByOrFail(Reconciliation, { id }));
  }

  /** Begins the daily ones, once a day whatever the number of processes, for every biller with payments. */
  async beginDaily(now: Date): Promise<void> {
    const to = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
    const from = new Date(to.getTime() - DAILY_DAYS * DAY_MS);
    await this.runs.manager.transaction(async (manager) => {
      const first = await manager.query<unknown[]>(
        `insert into reconciliation_days (day) values ($1) on conflict do nothing returning day`,
        [to.toISOString().slice(0, 10)],
      );
      if (first.length === 0) return;
      const billers = await manager.query<{ billerId: string }[]>(
        `select distinct biller_id as "billerId" from payments
         where id >= $1 and id < $2 and created_at >= $3 and created_at < $4`,
        [...idsAround(from, to), from, to],
      );
      for (const { billerId } of billers) await this.begin(manager, billerId, { from, to }, null);
    });
  }

  /** The newest first. */
  async list(billerId: string, limit: number, cursor?: string): Promise<ReconciliationPageView> {
    await this.billers.get(billerId);
    const where = { billerId, ...(cursor && { id: LessThan(cursor) }) };
    const found = await this.runs.find({ where, order: { id: 'DESC' }, take: limit + 1 });
    const page = found.slice(0, limit);
    const nextCursor = found.length > page.length ? (page.at(-1)?.id ?? null) : null;
    return { data: page.map(reconciliationView), nextCursor };
  }

  /** @throws ReconciliationNotFound */
  async get(id: string): Promise<ReconciliationView> {
    const run = await this.runs.findOneBy({ id });
    if (!run) throw new ReconciliationNotFound('GET /admin/v1/billers/{billerId}/reconciliations lists them.');
    return reconciliationView(run);
  }

  /** In the order in which the payments were opened. @throws ReconciliationNotFound */
  async page(
    id: string,
    category: Category | undefined,
    limit: number,
    cursor?: string,
  ): Promise<ReconciliationItemPageView> {
    await this.get(id);
    const found = await this.read(id, category, limit + 1, cursor);
    const page = found.slice(0, limit);
    const nextCursor = found.length > page.length ? (page.at(-1)?.paymentId ?? null) : null;
    return { data: page.map(itemView), nextCursor };
  }

  /** The same as CSV, piece by piece: a year of payments is never held in memory at once. */
  async *csv(id: string, category: Category | undefined): AsyncGenerator<string> {
    let cursor: string | undefined;
    for (let header = true; ; header = false) {
      const rows = await this.read(id, category, CSV_ROWS, cursor);
      // Spreadsheets run what begins like a formula; numbers of invoices come from outside.
      yield stringify(rows.map(itemView), { header, columns: CSV_COLUMNS, escape_formulas: true });
      cursor = rows.at(-1)?.paymentId;
      if (rows.length < CSV_ROWS) return;
    }
  }

  private read(
    reconciliationId: string,
    category: Category | undefined,
    take: number,
    cursor: string | undefined,
  ): Promise<ReconciliationItem[]> {
    return this.items.find({
      where: { reconciliationId, ...(category && { category }), ...(cursor && { paymentId: MoreThan(cursor) }) },
      order: { paymentId: 'ASC' },
      take,
    });
  }

  private async begin(
    manager: EntityManager,
    billerId: string,
    { from, to }: Window,
    requestedBy: string | null,
  ): Promise<string> {
    const id = newId();
    await manager.query(
      `insert into reconciliations (id, biller_id, from_at, to_at, requested_by, total)
       select $1, $2, $3, $4, $5, count(*) from payments where biller_id = $2 and id >= $6 and id < $7
         and created_at >= $3 and created_at < $4`,
      [id, billerId, from, to, requestedBy, ...idsAround(from, to)],
    );
    return id;
  }
}

const CSV_COLUMNS = [
  'paymentId',
  'category',
  'reason',
  'accountNumber',
  'invoiceNumber',
  'status',
  'amountDueCents',
  'amountPaidCents',
  'refundDueCents',
  'balanceThereCents',
];
