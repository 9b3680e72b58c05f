import { admin, type Json } from '../support/api.js';
import { copies, manyCopies, midnight } from '../support/copies.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { askingStory, inquiries, pay } from '../support/inquiry.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { done, findings, itemsOf, reconcile, request, runOf } from '../support/reconciliations.js';
import { newStory, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const runsOf = async (story: Story, url: string): Promise<Json[]> =>
  (await admin('GET', `/billers/${story.billerId}/reconciliations`, undefined, url)).data;
const countsOf = (items: readonly Json[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { category } of items) counts[category] = (counts[category] ?? 0) + 1;
  return counts;
};
/** Invoice to how often Invoice Cloud was asked about it. */
async function timesAsked(story: Story): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const { body } of await inquiries(story)) times[body.InvoiceNumber] = (times[body.InvoiceNumber] ?? 0) + 1;
  return times;
}

test('every day has one reconciliation of each biller with payments of its last three days, whatever the processes', async () => {
  const databaseUrl = await newDatabase();
  const settings = { DATABASE_URL: databaseUrl };
  const setUp = await startPlatform(settings);
  await eventually('the day was begun', async () => (await db(databaseUrl).count('from reconciliation_days')) === 1);
  const [busy, fresh, old] = [
    await newStory({ url: setUp.url, databaseUrl }),
    await newStory({ url: setUp.url, databaseUrl }),
    await newStory({ url: setUp.url, databaseUrl }),
  ];
  const at = (daysAgo: number, ms: number) => new Date(midnight(daysAgo) + ms);
  const { id } = await busy.openAnother();
  const inside = await copies(busy, id, [at(3, 0), at(2, 5), at(1, 7), at(0, -1)]);
  await copies(busy, id, [at(3, -1), at(0, 0)]);
  await fresh.openAnother();
  await copies(old, (await old.openAnother()).id, [at(4, 0), at(3, -1)]);
  expect(await runsOf(busy, setUp.url)).toEqual([]);
  await setUp.stop();

  // As if it were the first time that anybody looks today.
  await db(databaseUrl).rows('delete from reconciliation_days');
  const two = await Promise.all([startPlatform(settings), startPlatform(settings)]);
  const url = two[0].url;
  const [daily] = await eventually('it is begun', async () => {
    const runs = await runsOf(busy, url);
    return runs.length > 0 && runs;
  });
  expect(await done(daily.id, url)).toMatchObject({
    from: at(3, 0).toISOString(),
    to: at(0, 0).toISOString(),
    requestedBy: null,
    total: 4,
    compared: 4,
    counts: { 'not-asked': 4 },
    asked: false,
  });
  expect((await itemsOf(daily.id, undefined, { url })).map(({ paymentId }) => paymentId)).toEqual(inside);
  // Both have looked: what is asked of either is done after its look at the day.
  for (const process of two) {
    const [other] = two.filter((one) => one !== process);
    await process.stop();
    if (process === two[0]) await reconcile(fresh, other?.url);
  }
  // One that knows nothing of the others.
  const next = await startPlatform(settings);
  await reconcile(fresh, next.url);
  expect((await runsOf(busy, next.url)).map((run) => run.id)).toEqual([daily.id]);
  expect((await runsOf(fresh, next.url)).filter(({ requestedBy }) => requestedBy === null)).toEqual([]);
  expect(await runsOf(old, next.url)).toEqual([]);
  expect(await db(databaseUrl).count('from reconciliation_days')).toBe(1);
  await next.stop();
}, 90_000);

describe('a long reconciliation', () => {
  const COUNT = 120;

  /** Many payments of a biller whose Invoice Cloud takes its time. */
  async function long(ms: number) {
    const databaseUrl = await newDatabase();
    const settings = { DATABASE_URL: databaseUrl, INVOICE_CLOUD_TIMEOUT_MS: '15000' };
    const first = await startPlatform(settings);
    const story = await askingStory({ url: first.url, databaseUrl });
    const { id } = await story.openAnother();
    await manyCopies(story, id, COUNT - 1);
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms, times: 0 });
    const run = await request(story, first.url);
    expect(run).toMatchObject({ status: 'running', total: COUNT, compared: 0 });
    const leased = async (): Promise<boolean | null> => {
      const [row] = await story.db.rows<{ leased: boolean | null }>(
        'select leased_until > now() as leased from reconciliations where id = $1',
        [run.id],
      );
      return row?.leased ?? null;
    };
    return { databaseUrl, settings, first, story, run, leased };
  }
  /** All of it is there, each payment once, and the counts are those of the items. */
  async function isWhole(id: string, url: string): Promise<void> {
    const ended = await done(id, url, 60_000);
    const items = await itemsOf(id, undefined, { url });
    expect(ended).toMatchObject({ total: COUNT, compared: COUNT, asked: true, counts: countsOf(items) });
    expect(new Set(items.map(({ paymentId }) => paymentId)).size).toBe(COUNT);
    expect(items).toHaveLength(COUNT);
  }

  test('whose process was killed is taken over by another one after the lease, and no sooner', async () => {
    const { settings, databaseUrl, first, story, run, leased } = await long(40);
    const seen = await eventually('it is under way', async () => {
      const { compared } = await runOf(run.id, first.url);
      return compared > 0 && compared;
    });
    expect([0 < seen, seen < COUNT]).toEqual([true, true]);
    await first.stop('SIGKILL');
    await story.steer('/faults', 'DELETE');
    const second = await startPlatform(settings);
    // Another biller's is done, so it has looked; that one it leaves alone.
    const other = await newStory({ url: second.url, databaseUrl });
    await reconcile(other, second.url);
    const before = await runOf(run.id, second.url);
    expect(before).toMatchObject({ status: 'running', finishedAt: null });
    expect(before.compared).toBeLessThan(COUNT);
    expect(await leased()).toBe(true);
    expect(before.counts).toEqual(countsOf(await itemsOf(run.id, undefined, { url: second.url })));
    const compared = new Set((await itemsOf(run.id, undefined, { url: second.url })).map((item) => item.invoiceNumber));

    await story.db.rows(`update reconciliations set leased_until = now() - interval '1 second' where id = $1`, [
      run.id,
    ]);
    await isWhole(run.id, second.url);
    const times = await timesAsked(story);
    expect(Object.keys(times)).toHaveLength(COUNT);
    // What was recorded was not asked again; what was asked and lost was.
    for (const invoice of compared) expect(times[invoice]).toBe(1);
    await second.stop();
  }, 120_000);

  test('lets go within seconds when its process is to stop, and the next one goes on where it was', async () => {
    // A batch of them would take a minute.
    const { settings, first, story, run, leased } = await long(1_200);
    await eventually('it is under way', async () => (await inquiries(story)).length >= 3);
    expect(await leased()).toBe(true);
    expect(await first.stop()).toBe(0);
    expect(await leased()).toBe(null);
    const [row] = await story.db.rows<{ status: string; compared: number; items: number }>(
      `select status, compared, (select count(*)::int from reconciliation_items where reconciliation_id = $1) as items
       from reconciliations where id = $1`,
      [run.id],
    );
    expect(row).toMatchObject({ status: 'running', items: row?.compared });
    expect(row?.compared).toBeGreaterThanOrEqual(2);
    await story.steer('/faults', 'DELETE');
    const second = await startPlatform(settings);
    await isWhole(run.id, second.url);
    const times = await timesAsked(story);
    expect(Object.keys(times)).toHaveLength(COUNT);
    expect(new Set(Object.values(times))).toEqual(new Set([1]));
    await second.stop();
  }, 90_000);

  test('of which two processes believe that it is theirs has every payment once', async () => {
    const { settings, first, story, run } = await long(600);
    const second = await startPlatform(settings);
    await eventually('it is under way', async () => (await inquiries(story)).length > 0);
    // Whoever has it is too slow, and does not know.
    await story.db.rows(`update reconciliations set leased_until = now() - interval '1 second' where id = $1`, [
      run.id,
    ]);
    await eventually('both ask', async () => Object.values(await timesAsked(story)).includes(2));
    expect(await runOf(run.id, second.url)).toMatchObject({ compared: 0 });
    await story.steer('/faults', 'DELETE');
    await isWhole(run.id, second.url);
    for (const process of [first, second]) {
      expect(await process.stop()).toBe(0);
      expect(process.said()).not.toMatch(/sweep failed/);
    }
    expect(await story.db.count('from reconciliation_items where reconciliation_id = $1', [run.id])).toBe(COUNT);
  }, 90_000);

  test('takes a PostBack into account that comes while others are asked about', async () => {
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({ DATABASE_URL: databaseUrl, INVOICE_CLOUD_TIMEOUT_MS: '15000' });
    const { url } = platform;
    const story = await askingStory({ url, databaseUrl });
    const [first, second] = [await story.openAnother(), await story.openAnother()];
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 4_000 });
    const run = await request(story, url);
    await eventually(
      'the first is asked about',
      async () => (await inquiries(story, first.InvoiceNumber)).length === 1,
    );
    await pay(second);
    await eventually('the second is paid', async () => (await story.payment(second.id)).status === 'paid');
    expect(await inquiries(story, second.InvoiceNumber)).toEqual([]);
    expect(await done(run.id, url)).toMatchObject({ counts: { match: 2 } });
    const items = await itemsOf(run.id, undefined, { url });
    expect(findings(items)).toMatchObject({ [second.id]: 'match paid-on-both-sides' });
    expect(items.at(-1)).toMatchObject({ status: 'paid', amountPaidCents: 300, balanceThereCents: 0 });
    await platform.stop();
  }, 60_000);
});

describe('an Invoice Cloud that does not answer', () => {
  const REFUSES = { operation: 'view-invoice', kind: 'status', status: 404 };

  /** A hundred payments of a biller on the run's own platform. */
  async function hundred(): Promise<Story> {
    const story = await askingStory();
    const { id } = await story.openAnother();
    await manyCopies(story, id, 99);
    return story;
  }

  test('at all is asked three times, and the rest is compared without it', async () => {
    const story = await hundred();
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 60_000, times: 0 });
    const run = await reconcile(story);
    expect(run).toMatchObject({ asked: false, total: 100, compared: 100 });
    expect(run.counts).toEqual({ 'not-asked': 100 });
    expect(new Set(Object.values(findings(await itemsOf(run.id))))).toEqual(new Set(['not-asked own-books-only']));
    expect(await inquiries(story)).toHaveLength(3);
  });

  test('any more, after ten answers, is asked three times more', async () => {
    const story = await hundred();
    await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 1, times: 10 });
    await story.fault({ ...REFUSES, times: 1_000 });
    const run = await reconcile(story);
    expect(run).toMatchObject({ asked: true, total: 100, compared: 100 });
    expect(run.counts).toEqual({ match: 10, 'not-asked': 90 });
    const found = Object.values(findings(await itemsOf(run.id)));
    expect(found.filter((one) => one === 'not-asked own-books-only')).toHaveLength(90);
    expect(found.slice(0, 10)).not.toContain('not-asked own-books-only');
    expect(await inquiries(story)).toHaveLength(13);
  });

  test('now and then is asked to the end', async () => {
    const story = await hundred();
    for (let n = 0; n < 20; n += 1) {
      await story.fault({ ...REFUSES, times: 2 });
      await story.fault({ operation: 'view-invoice', kind: 'delay', ms: 1 });
    }
    const run = await reconcile(story);
    expect(run).toMatchObject({ asked: true, compared: 100 });
    expect(await inquiries(story)).toHaveLength(100);
    const found = Object.values(findings(await itemsOf(run.id)));
    expect(found.filter((one) => one === 'not-asked own-books-only')).toHaveLength(40);
  });

  test('since it refuses the Web Service Key leaves our own books to compare', async () => {
    const story = await hundred();
    await story.steer('', 'PATCH', { webServiceKey: 'another' });
    const run = await reconcile(story);
    expect(run).toMatchObject({ asked: false, compared: 100 });
  });
});
