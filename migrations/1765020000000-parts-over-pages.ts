import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parts that payers paid on several pages of one invoice are added up (decision 12). */
export class PartsOverPages1765020000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table payments
        add column subtracted_cents bigint not null default 0,
        add column other_pages_cents bigint not null default 0`);
    // Of pages that were opened before, nobody knows whether their BalanceDue was less by a part: each stays for itself, as it
    // was until now, and only what is paid from now on counts towards the others.
    await db.query(`
      update payments p set subtracted_cents = o.paid from (
        select p.id, sum(o.amount_paid_cents) as paid from payments p
          join payments o on o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
            and o.account_number = p.account_number and o.id <> p.id and o.status = 'partially-paid'
        group by p.id) o
      where o.id = p.id`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`alter table payments drop column subtracted_cents, drop column other_pages_cents`);
  }
}
