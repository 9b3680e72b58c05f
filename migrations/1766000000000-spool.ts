import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What processes promise each other about their spools, and PostBacks that are held without a payment (decisions 37 and 38). */
export class Spool1766000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table spools (
        id uuid not null,
        owner uuid not null,
        host text not null,
        beat bigint not null,
        seen_at timestamptz not null default now(),
        lease_until timestamptz,
        server_started_at timestamptz not null,
        waiting int not null default 0,
        bytes bigint not null default 0,
        oldest_at timestamptz,
        constraint spools_pkey primary key (id)
      )`);
    await db.query(`
      create table spool_marks (
        subject_id uuid not null,
        spool_id uuid not null,
        constraint spool_marks_pkey primary key (subject_id, spool_id)
      )`);
    await db.query('create index spool_marks_spool_idx on spool_marks (spool_id)');
    await db.query('alter table postbacks add column addressed_to uuid');
    await db.query('alter table postbacks drop constraint postbacks_payment_check');
    // Weaker than before, so it holds for every row. The next migration looks at them, with a lock that nobody waits for.
    await db.query(`
      alter table postbacks add constraint postbacks_payment_check
        check (payment_id is not null or verdict <> 'held' or addressed_to is not null) not valid`);
  }

  async down(db: QueryRunner): Promise<void> {
    const [{ waiting }] = (await db.query('select count(*)::int as waiting from spool_marks')) as [{ waiting: number }];
    if (waiting > 0) {
      throw new Error(
        `${waiting} payments have a PostBack that waits in a spool. Let them be recorded before you go back.`,
      );
    }
    // Of payments that this database does not know. The release before keeps them as it keeps what comes to unknown addresses.
    await db.query(`update postbacks set verdict = 'rejected' where payment_id is null and verdict = 'held'`);
    await db.query('alter table postbacks drop constraint postbacks_payment_check');
    await db.query(`
      alter table postbacks add constraint postbacks_payment_check
        check (payment_id is not null or verdict <> 'held') not valid`);
    await db.query('alter table postbacks drop column addressed_to');
    await db.query('drop table spool_marks');
    await db.query('drop table spools');
  }
}

/** Looks at every postback once, without keeping anybody waiting. */
export class SpoolChecked1766000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table postbacks validate constraint postbacks_payment_check');
  }

  async down(): Promise<void> {
    // The migration before makes the constraint anew.
  }
}
