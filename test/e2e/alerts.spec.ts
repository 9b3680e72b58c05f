import { Webhook } from 'standardwebhooks';
import { admin, type Json } from '../support/api.js';
import { ask, newAdminKey } from '../support/administration.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { type MailStage, startMailStage } from '../support/my360.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { closeReceivers, receiver, type Receiver } from '../support/receiver.js';
import { headersOf } from '../support/relay.js';
import { newStory, postBack, type Story } from '../support/story.js';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

/** What came, verified. */
const messages = ({ deliveries }: Receiver): Json[] =>
  deliveries.map((delivery) => new Webhook(SECRET).verify(delivery.body, headersOf(delivery)) as Json);

const about = (operator: Receiver, kind: string): Json[] => messages(operator).filter(({ data }) => data.kind === kind);

describe('what has waited for too long', () => {
  let operator: Receiver;
  let platforms: Platform[];
  let story: Story;
  beforeAll(async () => {
    operator = await receiver('/alerts');
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, SWEEP_SECONDS: '1', ALERT_URL: operator.url, ALERT_SECRET: SECRET };
    // One after the other, since the first one makes the schema.
    platforms = [await startPlatform(env), await startPlatform(env)];
    story = await newStory({ url: platforms[0]?.url ?? '', databaseUrl });
  }, 90_000);
  const url = (n: number): string => platforms[n]?.url ?? '';

  test('is told once for all processes, shown by each, and told once more when it is over', async () => {
    // The first attempt fails: it is tried again, under the same id.
    operator.answer(500);
    const { postBackUrl, InvoiceNumber } = await story.openAnother();
    expect(await postBack(postBackUrl, story.message({ InvoiceNumber, PaymentAmount: '2.00' }))).toBe(204);
    await story.db.rows(`update postbacks set received_at = now() - interval '2 hours' where verdict = 'held'`);

    await eventually('it is told', () => about(operator, 'postbacks-held').length >= 2);
    const [first, again] = operator.deliveries;
    expect(headersOf(again)['webhook-id']).toBe(headersOf(first)['webhook-id']);
    expect(about(operator, 'postbacks-held')[1]).toMatchObject({
      type: 'alert.raised',
      data: {
        kind: 'postbacks-held',
        subject: '',
        title: expect.stringContaining('more than an hour'),
        detail: '1 PostBacks; the oldest came 2 h ago.',
        next: expect.stringContaining('/admin/v1/postbacks?verdict=held'),
        firstSeenAt: expect.stringMatching(/^20.*Z$/),
        platform: expect.stringMatching(/^http/),
      },
    });
    for (const n of [0, 1]) {
      const shown = await eventually('it is shown as told', async () => {
        const { alerts } = await admin('GET', '/overview', undefined, url(n));
        return alerts.length === 1 && alerts[0].toldAt !== null && alerts[0];
      });
      expect(shown).toMatchObject({
        kind: 'postbacks-held',
        next: expect.any(String),
        firstSeenAt: expect.any(String),
      });
      const { text } = await ask('GET', '/metrics', undefined, { url: url(n) });
      expect(text).toContain('billbridge_alerts{kind="postbacks-held"} 1');
      expect(text).toContain('billbridge_alerts{kind="refunds-due"} 0');
      expect(text).toContain('billbridge_alerts_untold 0');
      await eventually('it is in the log', () => platforms[n]?.said().includes('"kind":"postbacks-held"'));
    }

    // Both processes look at it each second, and neither says more.
    const [row] = await story.db.rows<{ id: string }>('select id from alerts');
    for (let n = 0; n < 3; n += 1) {
      const [{ at } = { at: '' }] = await story.db.rows('select last_seen_at::text as at from alerts');
      await eventually('it is seen again', () =>
        story.db.count('from alerts where last_seen_at > $1', [at]).then((count) => count === 1),
      );
    }
    expect(about(operator, 'postbacks-held')).toHaveLength(2);

    const { data } = await admin('GET', '/postbacks', undefined, url(0));
    await admin('POST', `/postbacks/${data[0].id}/reject`, { reason: 'forged' }, url(0));
    await eventually('the end is told', () => about(operator, 'postbacks-held').length === 3);
    expect(about(operator, 'postbacks-held')[2]).toMatchObject({
      type: 'alert.over',
      data: { id: `alert_${row?.id}_1` },
    });
    for (const n of [0, 1]) {
      await eventually('it is shown no more', async () => {
        const { alerts } = await admin('GET', '/overview', undefined, url(n));
        return alerts.length === 0;
      });
    }
    expect(await story.db.count('from alerts where cleared_at is not null and told_at is not null and not told')).toBe(
      1,
    );
  }, 120_000);

  test('is of every kind that the platform knows by itself', async () => {
    const { id } = await story.openAnother();
    await story.db.rows(
      `update payments set refund_due_cents = 5, updated_at = now() - interval '2 days' where id = $1`,
      [id],
    );
    await story.db.rows(
      `insert into payment_events (id, payment_id, type, data) values (gen_random_uuid(), $1, 'payment.alert', '{}')`,
      [id],
    );
    const partner = await receiver('/gone');
    partner.always(410);
    const { postBackUrl, InvoiceNumber } = await story.openAnother({ PostBackURL: partner.url });
    expect(await postBack(postBackUrl, story.message({ InvoiceNumber }))).toBe(204);
    await eventually('the endpoint is off', () =>
      story.db.count('from relay_endpoints where disabled_at is not null').then((count) => count === 1),
    );
    await story.db.rows(`update relay_endpoints set disabled_at = now() - interval '11 minutes'`);
    const kinds = ['endpoint-off', 'refunds-due', 'refusal-after-approval'];
    for (const kind of kinds) await eventually(`${kind} is told`, () => about(operator, kind).length === 1);
    await story.db.rows(`update deliveries set status = 'parked', parked_at = now()`);
    await eventually('parked ones are told', () => about(operator, 'deliveries-parked').length === 1);
    for (const { data } of messages(operator)) {
      for (const secret of [InvoiceNumber, postBackUrl, partner.url])
        expect(JSON.stringify(data)).not.toContain(secret);
    }
  }, 60_000);
});

describe('a test message', () => {
  test('arrives, is recorded, and says by what way it went', async () => {
    const operator = await receiver('/alerts');
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, ALERT_URL: operator.url, ALERT_SECRET: SECRET };
    const { url } = await startPlatform(env);
    const { key: auditor } = await newAdminKey('auditor', {}, url);
    expect((await ask('POST', '/alerts/test', {}, { url, key: auditor })).status).toBe(403);
    const { key: manager } = await newAdminKey('operator', {}, url);
    const answer = await ask('POST', '/alerts/test', {}, { url, key: manager });
    expect(answer).toMatchObject({
      status: 200,
      body: { data: [{ channel: 'ALERT_URL', sent: true, detail: 'answered 204' }] },
    });
    expect(messages(operator)).toEqual([expect.objectContaining({ type: 'alert.test' })]);
    operator.answer(503);
    expect((await ask('POST', '/alerts/test', {}, { url })).body.data).toEqual([
      { channel: 'ALERT_URL', sent: false, detail: 'answered 503' },
    ]);
    await operator.close();
    const { body } = await ask('POST', '/alerts/test', {}, { url });
    expect(body.data).toEqual([{ channel: 'ALERT_URL', sent: false, detail: 'no connection (ECONNREFUSED)' }]);
    const { data: events } = await admin('GET', '/audit-events?action=alerts.test', undefined, url);
    expect(events.map(({ after }: Json) => after.sent)).toEqual([[], [], ['ALERT_URL']]);
  });

  test('goes by mail as well, and says what to do where nothing is set', async () => {
    const mail: MailStage = await startMailStage({ ALERT_MAIL: 'night@example.com, day@example.com' });
    const answer = await ask('POST', '/alerts/test', {}, { url: mail.platform.url });
    expect(answer.body.data).toEqual([{ channel: 'ALERT_MAIL', sent: true, detail: 'the mail server took it' }]);
    const [sent] = await mail.mailsTo('night@example.com');
    expect(sent.subject).toBe('Billbridge: Test: Alerts of this platform arrive here');
    expect(sent.text).toContain('Nothing is wrong.');
    expect(await mail.mailsTo('day@example.com')).toHaveLength(1);
    await mail.close();
    const none = await ask('POST', '/alerts/test', {});
    expect(none).toMatchObject({ status: 409, body: { code: 'alerts_go_nowhere' } });
  });
});
