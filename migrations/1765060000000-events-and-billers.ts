import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For the overview's counts of events, and for a partner's deliveries about one biller. */
export class EventsAndBillers1765060000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create index payment_events_odd_idx on payment_events (type, created_at)
      where type in ('payment.unconfirmed', 'payment.alert')`);
    await db.query(`create index deliveries_biller_idx on deliveries (biller_id, id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop index deliveries_biller_idx`);
    await db.query(`drop index payment_events_odd_idx`);
  }
}
