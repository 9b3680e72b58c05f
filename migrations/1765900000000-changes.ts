import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the platform's processes keep in memory (src/database/memory.ts), by table. */
const KEPT: Readonly<Record<string, string>> = {
  // Not last_used_at, which a request itself writes.
  partner_keys:
    'insert or delete or update of partner_id, mode, biller_ids, scopes, digest, allowed_ips, expires_at, revoked_at',
  billers: 'insert or update or delete',
  invoice_cloud_keys: 'insert or update or delete',
  biller_settings: 'insert or update or delete',
  setting_definitions: 'insert or update or delete',
};

/** Every process is told when what it keeps in memory has changed, whoever changed it. */
export class Changes1765900000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create function billbridge_tell_change() returns trigger language plpgsql as $$
      begin
        perform pg_notify('billbridge_changes', '');
        return null;
      end $$`);
    for (const [table, events] of Object.entries(KEPT)) {
      await db.query(`create trigger ${table}_change after ${events} on ${table}
        for each statement execute function billbridge_tell_change()`);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of Object.keys(KEPT)) await db.query(`drop trigger ${table}_change on ${table}`);
    await db.query(`drop function billbridge_tell_change()`);
  }
}
