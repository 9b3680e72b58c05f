import type { EntityManager } from 'typeorm';
import type { Payment } from './payment.entity.js';

/** What a page asks for, and what the partner had subtracted from that. Cents. */
export interface Statement {
  readonly amountDueCents: number | null;
  readonly subtractedCents: number;
}

/** What the pages of an invoice say of it, as yet. */
export interface Pages {
  /** Of the newest page; null: there is none. */
  readonly newest: Statement | null;
  /** Amounts that were paid in part, on whatever page, in the order in which they were booked. Cents. */
  readonly parts: readonly number[];
}

/**
 * How much of the parts that were paid already a new page's BalanceDue no longer asks for (decision 12). A pure function.
 *
 * A partner who asks for the same again has subtracted nothing; one who asks for less by the first part, or by the first
 * few of them, has subtracted those, and knew no more. Whatever else is asked is a new word on what is still owed now: then
 * no part counts towards it, since a part that is counted twice would have us return money that is owed.
 */
export function subtractedOf(askedCents: number | null, { newest, parts }: Pages): number {
  const paid = parts.reduce((sum, part) => sum + part, 0);
  if (askedCents === null || newest === null || newest.amountDueCents === null) return paid;
  const wholeCents = newest.amountDueCents + newest.subtractedCents;
  // What was paid is more than the newest page knows of: it speaks of something else.
  if (wholeCents <= paid) return paid;
  let known = 0;
  for (const part of [0, ...parts]) {
    known += part;
    if (askedCents === wholeCents - known) return known;
  }
  return paid;
}

/** To be asked where openings of the invoice go one after the other. */
export async function pagesOf(manager: EntityManager, payment: Payment): Promise<Pages> {
  const [row] = await manager.query<[Pages]>(
    `with page as (
       select id, status, amount_due_cents, subtracted_cents, created_at from payments
       where biller_id = $1 and invoice_number = $2 and account_number = $3
     )
     select
       (select json_build_object('amountDueCents', amount_due_cents, 'subtractedCents', subtracted_cents)
        from page order by created_at desc, id desc limit 1) as newest,
       coalesce((select json_agg(r.amount_cents order by r.created_at, r.id)
         from receipts r join page on page.id = r.payment_id where page.status = 'partially-paid'), '[]') as parts`,
    [payment.billerId, payment.invoiceNumber, payment.accountNumber],
  );
  return row;
}
