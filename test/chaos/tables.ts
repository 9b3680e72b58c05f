import { Pool, type QueryResultRow } from 'pg';
import type { PaymentRow } from './compare.js';

/** Everything that the chaos run knows of the platform's tables. Connects past every proxy. */
export class Tables {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 5_000 });
    this.pool.on('error', () => undefined);
  }

  async rows<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  async count(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.rows<{ n: string }>(`select count(*) as n from ${sql}`, values);
    return Number(row?.n);
  }

  /** Every payment that has money or may get it, with its receipts. */
  async payments(billerIds: readonly string[]): Promise<PaymentRow[]> {
    return this.rows<PaymentRow>(
      `select p.id, p.invoice_number as "invoiceNumber", p.status, p.postback_url is not null as told,
         coalesce(p.amount_paid_cents, 0)::float8 as "amountPaidCents", p.refund_due_cents::float8 as "refundDueCents",
         coalesce((select json_agg(json_build_object('paymentGuid', r.payment_guid, 'amountCents', r.amount_cents))
           from receipts r where r.payment_id = p.id), '[]') as receipts
       from payments p where p.biller_id = any($1)`,
      [billerIds],
    );
  }

  /** PaymentGUIDs of messages that were kept and told to nobody. */
  async quiet(billerIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.rows<{ guid: string }>(
      `select b.payment_guid as guid from postbacks b join payments p on p.id = b.payment_id
       where p.biller_id = any($1) and b.verdict = 'held' and b.payment_guid is not null
       union
       select e.data->>'paymentGuid' from payment_events e join payments p on p.id = e.payment_id
       where p.biller_id = any($1) and e.type = 'payment.alert'`,
      [billerIds],
    );
    return new Set(rows.map(({ guid }) => guid.toLowerCase()));
  }

  /** Approvals that wait for an administrator although they pay the payment that they were sent for. */
  async heldThoughBooked(billerId: string): Promise<string[]> {
    const rows = await this.rows<{ guid: string }>(
      `select b.payment_guid as guid from postbacks b join receipts r on r.payment_id = b.payment_id
       where r.biller_id = $1 and b.verdict = 'held' and r.payment_guid = b.payment_guid`,
      [billerId],
    );
    return rows.map(({ guid }) => `approval ${guid}`);
  }

  /** Whether a payment is recorded as paid by this PaymentGUID, as another connection sees it now. */
  async isPaid(billerId: string, paymentGuid: string): Promise<boolean> {
    return (await this.count('receipts where biller_id = $1 and payment_guid = $2', [billerId, paymentGuid])) > 0;
  }

  /** Of one partner: what is still to be told. */
  async backlog(partnerIds: readonly string[]): Promise<number> {
    return this.count(`deliveries where partner_id = any($1) and status = 'pending'`, [partnerIds]);
  }

  async parked(partnerIds: readonly string[]): Promise<number> {
    return this.count(`deliveries where partner_id = any($1) and status = 'parked'`, [partnerIds]);
  }

  async attempts(partnerId: string): Promise<number> {
    const [row] = await this.rows<{ n: string | null }>(
      `select sum(attempts) as n from deliveries where partner_id = $1`,
      [partnerId],
    );
    return Number(row?.n ?? 0);
  }

  /** The delivery about this payment's invoice, if there is one by now. */
  async deliveryOf(partnerId: string, invoiceNumber: string): Promise<{ id: string; status: string } | undefined> {
    const [row] = await this.rows<{ id: string; status: string }>(
      `select d.id, d.status from deliveries d join payments p on p.id = d.subject_id
       where d.partner_id = $1 and p.invoice_number = $2 order by d.id limit 1`,
      [partnerId, invoiceNumber],
    );
    return row;
  }

  /** Where the deliveries about an invoice stand, and their endpoints: why one has not been made. */
  async relayOf(partnerId: string, invoiceNumber: string): Promise<unknown[]> {
    return this.rows(
      `select d.status, d.attempts, d.last_error, d.held, d.next_attempt_at - now() as due_in, d.claimed_until - now() as claimed_for,
         e.failures, e.open_until - now() as held_back_for, e.disabled_at
       from deliveries d join payments p on p.id = d.subject_id join relay_endpoints e on e.id = d.endpoint_id
       where d.partner_id = $1 and p.invoice_number = $2 order by d.sequence`,
      [partnerId, invoiceNumber],
    );
  }

  /** Turns the relay's clock on: what was due in `seconds` is due now, and who is held back is held back that much less. */
  async moveClock(seconds: number): Promise<void> {
    await this.rows(
      `with endpoints as (
         update relay_endpoints set open_until = open_until - make_interval(secs => $1) where open_until is not null)
       update deliveries set next_attempt_at = next_attempt_at - make_interval(secs => $1) where status = 'pending'`,
      [seconds],
    );
  }

  /** How many deliveries of a partner are due by the database's clock and may go. */
  async due(partnerId: string): Promise<number> {
    return this.count(
      `deliveries d join relay_endpoints e on e.id = d.endpoint_id where d.partner_id = $1 and d.status = 'pending'
         and d.next_attempt_at <= now() and e.disabled_at is null and (e.open_until is null or e.open_until <= now())`,
      [partnerId],
    );
  }

  /** As if a process had taken a delivery and died: it is nobody's in a moment. @returns false when somebody has it */
  async leaveClaimed(deliveryId: string): Promise<boolean> {
    const rows = await this.rows(
      `update deliveries set claimed_until = now() + interval '1 second', next_attempt_at = now()
       where id = $1 and status = 'pending' and claimed_until is null returning id`,
      [deliveryId],
    );
    return rows.length > 0;
  }

  /** As if openings that nobody answered had been begun long ago: keys can be taken over, payments are abandoned. */
  async ageOpenings(billerIds: readonly string[]): Promise<void> {
    // A connection that hangs may hold a row; it must not hold us.
    await this.rows(
      `update idempotency_keys set locked_until = now() where ctid in (
         select ctid from idempotency_keys where biller_id = any($1) and answer_sealed is null for update skip locked)`,
      [billerIds],
    );
    await this.rows(
      `update payments set created_at = now() - interval '1 hour' where id in (
         select id from payments where biller_id = any($1) and status = 'opening' for update skip locked)`,
      [billerIds],
    );
  }

  async openings(billerIds: readonly string[]): Promise<number> {
    return this.count(`payments where biller_id = any($1) and status = 'opening'`, [billerIds]);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
