import type { QueryRunner } from 'typeorm';
import type { Migration } from './migration.js';

/**
 * What an opening writes without need goes. The rest of the invoice's identity joins its index: of a partner that uses one
 * account number for all its invoices, or one invoice number for many accounts, an opening looks at one entry all the same.
 */
export class LeanOpenings1765910000000 implements Migration {
  readonly locks = ['payments', 'idempotency_keys', 'partners', 'billers'];

  async up(db: QueryRunner): Promise<void> {
    // A key lives for 72 hours beside a payment that names both, and each check locked two rows that all requests share.
    await db.query(`
      alter table idempotency_keys
        drop constraint idempotency_keys_partner_fkey, drop constraint idempotency_keys_biller_fkey`);
    // payments_one_opening_key holds the same few rows.
    await db.query(`drop index payments_opening_idx`);
    await db.query(`drop index payments_invoice_idx`);
    await db.query(`
      create index payments_invoice_idx on payments (biller_id, invoice_number, account_number, id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop index payments_invoice_idx`);
    await db.query(`create index payments_invoice_idx on payments (biller_id, invoice_number, id)`);
    await db.query(`create index payments_opening_idx on payments (created_at) where status = 'opening'`);
    await db.query(`
      alter table idempotency_keys
        add constraint idempotency_keys_partner_fkey foreign key (partner_id) references partners (id),
        add constraint idempotency_keys_biller_fkey foreign key (biller_id) references billers (id)`);
  }
}
