import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The queue is walked through partner by partner: one with thousands of endpoints is walked through in pieces. */
export class QueueByPartner1765030000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create index deliveries_queue_idx on deliveries (partner_id, endpoint_id, next_attempt_at) where status = 'pending'`);
    await db.query(`drop index deliveries_due_idx`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `create index deliveries_due_idx on deliveries (endpoint_id, next_attempt_at) where status = 'pending'`,
    );
    await db.query(`drop index deliveries_queue_idx`);
  }
}
