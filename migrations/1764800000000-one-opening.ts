import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An invoice is opened once at a time: the index says so, and no lock has to be asked for on the usual way. */
export class OneOpening1764800000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      update payments p set status = 'unconfirmed', failure_code = 'interrupted', updated_at = now(),
        failure_detail = 'The platform stopped before the answer was recorded. Send the request again; it makes a new payment.'
      where status = 'opening' and exists (
        select from payments o where o.biller_id = p.biller_id and o.invoice_number = p.invoice_number
          and o.account_number = p.account_number and o.status = 'opening' and o.id > p.id)`);
    await db.query(`
      create unique index payments_one_opening_key on payments (biller_id, invoice_number, account_number)
      where status = 'opening'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop index payments_one_opening_key`);
  }
}
