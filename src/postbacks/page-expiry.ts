import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { type LockedPayment, Settlement } from '../cloud-pay/settlement.js';
import { newId } from '../common/id.js';
import { dollarsOf } from '../common/money.js';
import { PlatformError } from '../common/platform-error.js';
import { type InvoiceStatus, InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { promiseHolds, SpoolRows } from '../spool/spool-rows.js';
import { readPostback } from './postback-message.js';
import { PostbackRecorder } from './recorder.js';

/** Payments of one sweep. */
const BATCH = 500;
const ASKED_BATCH = 50;
/** When Invoice Cloud did not answer, it is asked again after this, */
const ASK_AGAIN_MINUTES = 10;
/** and no more after this. */
const ASK_FOR_HOURS = 24;

/** The PostBack that ends it otherwise is not in a spool. */
const NOT_WAITING = `not exists (select from spool_marks m where m.subject_id = p.id)`;

interface Candidate {
  readonly id: string;
  readonly billerId: string;
  readonly invoiceNumber: string;
  readonly amountDueCents: number | null;
  readonly last: boolean;
}

/**
 * Ends open payments whose hosted page has expired. Where the biller lets us, Invoice Cloud is asked before: what was paid
 * without a PostBack is held for an administrator, since nothing but an amount is known of it. A payment with a held
 * PostBack waits for the decision, and one whose PostBack waits in a spool for its record. While a process can't be asked for
 * what it holds, nobody is asked: what Invoice Cloud would say may stand in that spool.
 */
@Injectable()
export class PageExpiry {
  private readonly logger = new Logger('postbacks');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settlement: Settlement,
    private readonly recorder: PostbackRecorder,
    private readonly billers: BillersService,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly spools: SpoolRows,
  ) {}

  /** @returns how many were ended or asked about */
  async sweep(stopping: AbortSignal): Promise<number> {
    const silent = await this.dataSource.transaction(async (manager) => {
      const rows = await manager.query<{ id: string }[]>(
        `select p.id from payments p join billers b on b.id = p.biller_id
         where p.status = 'open' and p.page_expires_at < now() and not p.needs_review and not b.ask_invoice_status
           and ${NOT_WAITING}
         order by p.page_expires_at limit ${BATCH} for no key update of p skip locked`,
      );
      return this.expire(
        manager,
        rows.map(({ id }) => id),
        {},
      );
    });
    const asked = await this.claim();
    for (const candidate of asked) if (!stopping.aborted) await this.ask(candidate);
    return silent + asked.length;
  }

  /** Marks them as asked about before they are, so that no other process asks too. */
  private async claim(): Promise<Candidate[]> {
    const [rows] = await this.dataSource.query<[Candidate[]]>(
      `update payments set asked_at = now() where id in (
         select p.id from payments p join billers b on b.id = p.biller_id
         where p.status = 'open' and p.page_expires_at < now() and not p.needs_review and b.ask_invoice_status
           and ${NOT_WAITING} and not exists (select from spools s where not ${promiseHolds('s')})
           and (p.asked_at is null or p.asked_at < now() - interval '${ASK_AGAIN_MINUTES} minutes')
         order by p.page_expires_at limit ${ASKED_BATCH} for no key update of p skip locked)
       returning id, biller_id as "billerId", invoice_number as "invoiceNumber",
         amount_due_cents::float8 as "amountDueCents",
         page_expires_at < now() - interval '${ASK_FOR_HOURS} hours' as last`,
    );
    return rows;
  }

  private async ask(candidate: Candidate): Promise<void> {
    const { id, billerId, invoiceNumber } = candidate;
    try {
      const biller = await this.dataSource.manager.findOneByOrFail(Biller, { id: billerId });
      const credentials = await this.billers.inquiryCredentialsOf(biller);
      const status = credentials && (await this.invoiceCloud.invoiceStatus(credentials, invoiceNumber));
      await this.conclude(candidate, status ?? null);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      this.logger.warn({ paymentId: id, code: error.type.code }, 'invoice status could not be asked');
      if (candidate.last) await this.conclude(candidate, null);
    }
  }

  /** @param status null: nothing could be learned */
  private async conclude(candidate: Candidate, status: InvoiceStatus | null): Promise<void> {
    const { id } = candidate;
    await this.dataSource.transaction(async (manager) => {
      const payment = await this.settlement.byId(manager, id);
      if (payment?.status !== 'open' || (await this.spools.isMarked(manager, id))) return;
      let invoiceStatus = status === null ? 'not-answered' : status.found ? 'owed' : 'not-found';
      if (status?.found && isPaid(candidate, status)) {
        const taken = status.totalAmountDueCents - status.balanceDueCents;
        const kept = await this.keptForInvoice(manager, id);
        if (kept > 0 && taken <= kept) invoiceStatus = 'paid-elsewhere';
        else if (await this.hold(manager, payment, status.balanceDueCents)) return;
        else invoiceStatus = 'rejected';
      }
      await this.expire(manager, [id], { invoiceStatus });
    });
  }

  /** @returns false when it was held before: an administrator has rejected it */
  private async hold(manager: EntityManager, payment: LockedPayment, owedCents: number): Promise<boolean> {
    const said = { InvoiceNumber: payment.invoiceNumber, BalanceDue: dollarsOf(owedCents) };
    const raw = { contentType: 'application/json', query: '', body: JSON.stringify(said) };
    const received = this.recorder.receive('inquiry', raw, readPostback(raw));
    const reasons = ['paid-without-postback'];
    if (!(await this.recorder.store(manager, payment, received, 'held', reasons))) return false;
    await this.settlement.hold(manager, payment.id, reasons);
    this.logger.warn({ paymentId: payment.id, reasons }, 'postback missing');
    return true;
  }

  /** What PostBacks have told of the invoice, on whatever page it was paid. Cents. */
  private async keptForInvoice(manager: EntityManager, id: string): Promise<number> {
    const [row] = await manager.query<[{ kept: number }]>(
      `select coalesce(sum(r.amount_cents - r.refund_cents), 0)::float8 as kept
       from payments own
         join payments p on p.biller_id = own.biller_id and p.invoice_number = own.invoice_number
           and p.account_number = own.account_number
         join receipts r on r.payment_id = p.id
       where own.id = $1`,
      [id],
    );
    return row.kept;
  }

  private async expire(manager: EntityManager, ids: readonly string[], data: object): Promise<number> {
    if (ids.length === 0) return 0;
    await manager.query(`update payments set status = 'expired', updated_at = now() where id = any($1)`, [ids]);
    await manager.query(
      `insert into payment_events (id, payment_id, type, data)
       select event_id, payment_id, 'payment.expired', $3 from unnest($1::uuid[], $2::uuid[]) as e (event_id, payment_id)`,
      [ids.map(() => newId()), ids, data],
    );
    return ids.length;
  }
}

/** In whole or in part. */
const isPaid = ({ amountDueCents }: Candidate, said: InvoiceStatus & { found: true }): boolean =>
  said.balanceDueCents < (amountDueCents ?? said.totalAmountDueCents);
