import type { QueryRunner } from 'typeorm';
import type { Migration } from './migration.js';

/**
 * What payments write is checked against rows that the same statement has written, or that every request shares: each check
 * locks one, and of a shared one two transactions at a time make a list of lockers in a file of its own. The checks go; what
 * they also kept, that no payment with a history is deleted, a trigger keeps (decision 14).
 */
export class HistoryByConstruction1765920000000 implements Migration {
  readonly locks = ['payments', 'payment_events', 'postbacks', 'receipts', 'deliveries', 'partners', 'billers'];

  async up(db: QueryRunner): Promise<void> {
    for (const { table, name } of CHECKS) await db.query(`alter table ${table} drop constraint ${name}`);
    await db.query(`
      create function refuse_delete_with_history() returns trigger language plpgsql as $$
      begin
        if exists (select from payment_events where payment_id = old.id)
          or exists (select from receipts where payment_id = old.id)
          or exists (select from postbacks where payment_id = old.id)
        then
          raise foreign_key_violation using message = 'the payment has a history';
        end if;
        return old;
      end $$`);
    await db.query(`
      create trigger payments_with_history before delete on payments
        for each row execute function refuse_delete_with_history()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop trigger payments_with_history on payments');
    await db.query('drop function refuse_delete_with_history');
    for (const { table, name, column, to } of CHECKS) {
      await db.query(`alter table ${table} add constraint ${name} foreign key (${column}) references ${to} (id)`);
    }
  }
}

const CHECKS = [
  // Its biller, which is checked, names the partner.
  { table: 'payments', name: 'payments_partner_fkey', column: 'partner_id', to: 'partners' },
  { table: 'payment_events', name: 'payment_events_payment_fkey', column: 'payment_id', to: 'payments' },
  { table: 'postbacks', name: 'postbacks_payment_fkey', column: 'payment_id', to: 'payments' },
  { table: 'receipts', name: 'receipts_payment_fkey', column: 'payment_id', to: 'payments' },
  { table: 'receipts', name: 'receipts_biller_fkey', column: 'biller_id', to: 'billers' },
  // Its endpoint names the partner, and is checked: endpoints without deliveries are deleted.
  { table: 'deliveries', name: 'deliveries_partner_fkey', column: 'partner_id', to: 'partners' },
] as const;
