import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHECK = 'reconciliation_items_category_check';

/** What Invoice Cloud was not asked about is no match. Runs of before say so too. */
export class NotAsked1765040000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await this.allow(db, `'match', 'mismatch', 'missing', 'duplicate', 'conflicting', 'not-asked'`);
    await db.query(`
      update reconciliation_items set category = 'not-asked',
        reason = case when status = 'failed' then 'no-page' else 'own-books-only' end
      where category = 'match' and reason = 'not-asked'`);
    await this.count(db);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      update reconciliation_items set category = 'match', reason = 'not-asked' where category = 'not-asked'`);
    await this.count(db);
    await this.allow(db, `'match', 'mismatch', 'missing', 'duplicate', 'conflicting'`);
  }

  private async allow(db: QueryRunner, categories: string): Promise<void> {
    await db.query(`alter table reconciliation_items drop constraint ${CHECK}`);
    await db.query(`alter table reconciliation_items add constraint ${CHECK} check (category in (${categories}))`);
  }

  private async count(db: QueryRunner): Promise<void> {
    await db.query(`
      update reconciliations r set counts = c.counts from (
        select reconciliation_id, json_object_agg(category, n)::jsonb as counts
        from (select reconciliation_id, category, count(*) as n from reconciliation_items group by 1, 2) i
        group by 1) c
      where c.reconciliation_id = r.id and r.counts is distinct from c.counts`);
  }
}
