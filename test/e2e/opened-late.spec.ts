import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { closeDb, db } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { stage } from '../support/stage-facts.js';
import { newStory } from '../support/story.js';
import { sampleRequest } from '../support/sample.js';

afterAll(closeDb);

test.each([
  ['with an Idempotency-Key', () => ({ 'idempotency-key': randomUUID() })],
  ['without', () => ({})],
])('a payment that is settled while its page is being recorded stays settled: %s', async (_, headers) => {
  const story = await newStory();
  await story.fault({ operation: 'cloud-payments', kind: 'delay', ms: 1_000 });
  const settling = new Client({ connectionString: stage.settings['DATABASE_URL'] });
  await settling.connect();
  try {
    const answered = story.ask(sampleRequest(), headers());
    const id = await eventually('the intent is recorded', async () => {
      const [row] = (
        await settling.query<{ id: string }>('select id from payments where biller_id = $1', [story.billerId])
      ).rows;
      return row?.id;
    });
    // Whoever settles a payment holds its row, and the page's record has to wait.
    await settling.query('begin');
    await settling.query('select from payments where id = $1 for no key update', [id]);
    // It waits for 50 ms, and then takes the longer way: so, a look every few milliseconds, by a connection of its own.
    const waits = `from pg_stat_activity where wait_event_type = 'Lock' and query like '%opened as (%'`;
    for (const end = Date.now() + 10_000; (await db().count(waits)) === 0;) {
      if (Date.now() > end) throw new Error('the page’s record never waited');
      await sleep(3);
    }
    await settling.query(
      `update payments set status = 'paid', payment_guid = $2, amount_paid_cents = 300, settled_at = now() where id = $1`,
      [id, randomUUID()],
    );
    await settling.query('commit');
    const { status, body } = await answered;
    expect([status, body.status]).toEqual([201, 'paid']);
    expect(await story.payment(id)).toMatchObject({ status: 'paid', amountPaidCents: 300 });
    expect((await story.eventTypes(id)).filter((type) => type === 'payment.open')).toEqual([]);
  } finally {
    await settling.end();
  }
});
