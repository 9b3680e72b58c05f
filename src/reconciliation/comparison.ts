import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { idsAround } from '../common/id.js';
import { PlatformError } from '../common/platform-error.js';
import { type InvoiceStatus, InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { type Booked, compare, type Finding } from './compare.js';
import type { Reconciliation } from './reconciliation.entity.js';

/** Payments between two looks at whether to go on. */
const BATCH = 50;
/** How long a batch may take before another process takes over. Seconds. */
const LEASE = 900;
/** After so many failures in a row Invoice Cloud is left alone for the rest. */
const PATIENCE = 3;

interface Row extends Booked {
  readonly id: string;
  readonly accountNumber: string;
  readonly invoiceNumber: string;
  readonly amountPaidCents: number | null;
}

type Compared = readonly [Row, Finding, InvoiceStatus | null];

/** Asks about one payment after the other, in the biller's name; gives up on asking when nobody answers. */
type Ask = (invoiceNumber: string) => Promise<InvoiceStatus | null>;

/** Works through a reconciliation, batch by batch, so that any process can go on where another one stopped. */
@Injectable()
export class Comparison {
  private readonly logger = new Logger('reconciliation');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
  ) {}

  /** Takes one that nobody works on and goes on with it. @returns false when there is none */
  async workOnNext(stopping: AbortSignal): Promise<boolean> {
    const [rows] = await this.dataSource.query<[{ id: string }[]]>(
      `update reconciliations set leased_until = now() + interval '${LEASE} seconds' where id in (
         select id from reconciliations where status = 'running' and (leased_until is null or leased_until < now())
         order by id limit 1 for no key update skip locked)
       returning id`,
    );
    const [taken] = rows;
    if (!taken) return false;
    const repository = this.dataSource.getRepository<Reconciliation>('Reconciliation');
    const ask = await this.asker((await repository.findOneByOrFail({ id: taken.id })).billerId);
    while (await this.batch(await repository.findOneByOrFail({ id: taken.id }), ask, stopping));
    return true;
  }

  /**
   * Compares one batch and records it; cut short, and given back to whoever comes next, when the process is to stop.
   * @returns false when this process has no more to do: it was the last one, it is to stop, or another one took over
   */
  private async batch(run: Reconciliation, ask: Ask, stopping: AbortSignal): Promise<boolean> {
    const rows = await this.read(run);
    const found: Compared[] = [];
    for (const row of rows) {
      if (stopping.aborted) break;
      const said = row.status === 'failed' ? null : await ask(row.invoiceNumber);
      const finding = compare(row, said);
      if (finding.category === 'match' || said === null) found.push([row, finding, said]);
      else {
        // A PostBack may have come since the batch was read: others were asked about before.
        const [now = row] = await this.read(run, row.id);
        found.push([now, compare(now, said), said]);
      }
    }
    const counts: Record<string, number> = { ...run.counts };
    for (const [, { category }] of found) counts[category] = (counts[category] ?? 0) + 1;
    const last = rows.length < BATCH && found.length === rows.length;
    const asked = run.asked || found.some(([, , said]) => said !== null);
    const stop = stopping.aborted;
    const kept = await this.dataSource.transaction(async (manager) => {
      // Another process may have taken over, when this one was too slow: then what that one finds stands, and only that.
      const [, moved] = await manager.query<[unknown, number]>(
        `update reconciliations set cursor = $2, compared = compared + $3, counts = $4, asked = $5,
           leased_until = case when $8 then null else now() + interval '${LEASE} seconds' end,
           status = case when $6 then 'done' else status end, finished_at = case when $6 then now() end
         where id = $1 and cursor is not distinct from $7 and status = 'running'`,
        [run.id, found.at(-1)?.[0].id ?? run.cursor, found.length, counts, asked, last, run.cursor, stop],
      );
      if (moved > 0) await this.store(manager, run.id, found);
      return moved > 0;
    });
    return kept && !last && !stop;
  }

  private async store(manager: EntityManager, runId: string, found: readonly Compared[]): Promise<void> {
    for (const [row, { category, reason }, said] of found) {
      await manager.query(
        `insert into reconciliation_items (reconciliation_id, payment_id, category, reason, account_number,
           invoice_number, status, amount_due_cents, amount_paid_cents, refund_due_cents, balance_there_cents)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          runId,
          row.id,
          category,
          reason,
          row.accountNumber,
          row.invoiceNumber,
          row.status,
          row.amountDueCents,
          row.amountPaidCents,
          row.refundDueCents,
          said?.found ? said.balanceDueCents : null,
        ],
      );
    }
  }

  /** @param id this one alone; otherwise the next batch */
  private read(run: Reconciliation, id: string | null = null): Promise<Row[]> {
    return this.dataSource.query<Row[]>(
      `select p.id, p.status, p.account_number as "accountNumber", p.invoice_number as "invoiceNumber",
         p.amount_due_cents::float8 as "amountDueCents", p.amount_paid_cents::float8 as "amountPaidCents",
         p.refund_due_cents::float8 as "refundDueCents", p.needs_review as "needsReview",
         (select coalesce(sum(r.amount_cents - r.refund_cents), 0)::float8
            from payments o join receipts r on r.payment_id = o.id
            where o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
              and o.account_number = p.account_number) as "invoiceKeptCents",
         exists (select 1 from payment_events e where e.payment_id = p.id and e.type = 'payment.alert') as alerted
       from payments p where p.biller_id = $1 and p.id >= $2 and p.id < $3 and ($4::uuid is null or p.id > $4)
         and ($5::uuid is null or p.id = $5) and p.created_at >= $6 and p.created_at < $7
       order by p.id limit ${BATCH}`,
      [run.billerId, ...idsAround(run.fromAt, run.toAt), run.cursor, id, run.fromAt, run.toAt],
    );
  }

  private async asker(billerId: string): Promise<Ask> {
    const biller = await this.dataSource.manager.findOneByOrFail(Biller, { id: billerId });
    const credentials = await this.billers.inquiryCredentialsOf(biller);
    let failures = 0;
    return async (invoiceNumber) => {
      if (!credentials || failures >= PATIENCE) return null;
      try {
        const said = await this.invoiceCloud.invoiceStatus(credentials, invoiceNumber);
        failures = 0;
        return said;
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        failures += 1;
        this.logger.warn({ billerId, code: error.type.code }, 'invoice status could not be asked');
        return null;
      }
    };
  }
}
