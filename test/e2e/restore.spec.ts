import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { admin, type Json } from '../support/api.js';
import { ask } from '../support/administration.js';
import { runCommand, type Ran } from '../support/command.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { freePort, startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newInvoiceNumber, newStory, postBack, type Story } from '../support/story.js';

const folders: string[] = [];

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A platform whose database can be put back to an earlier time. */
class Site {
  private platform: Platform | undefined;
  databaseUrl = '';
  story!: Story;

  private constructor(
    private readonly port: number,
    readonly journal: string | undefined,
  ) {}

  static async open({ journal = true } = {}): Promise<Site> {
    const folder = journal ? await mkdtemp(join(stage.dataDir, 'journal-')) : undefined;
    if (folder) folders.push(folder);
    const site = new Site(await freePort(), folder);
    site.databaseUrl = await newDatabase();
    await site.start();
    site.story = await newStory({ url: site.url, databaseUrl: site.databaseUrl });
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get db() {
    return db(this.databaseUrl);
  }

  /** Under the same address, since that is what Invoice Cloud was given. */
  async start(): Promise<void> {
    this.platform = await startPlatform({
      DATABASE_URL: this.databaseUrl,
      PORT: String(this.port),
      SWEEP_SECONDS: '1',
      ...(this.journal && { JOURNAL_DIR: this.journal }),
    });
  }

  async stop(): Promise<void> {
    await this.platform?.stop();
    await closeDb();
  }

  /** A copy of the database as it is now, of which nobody writes to it. @returns it, and when it was made */
  async backUp(): Promise<{ url: string; at: string }> {
    await this.stop();
    const url = new URL(this.databaseUrl);
    const [name, copy] = [url.pathname.slice(1), `${url.pathname.slice(1)}_copy`];
    const client = new Client({ connectionString: stage.settings['DATABASE_URL'] });
    await client.connect();
    await client.query(`create database ${copy} template ${name}`);
    const { rows } = await client.query<{ at: Date }>('select now() as at');
    await client.end();
    await this.start();
    url.pathname = `/${copy}`;
    return { url: url.href, at: rows[0]?.at.toISOString() ?? '' };
  }

  check(since: string, ...more: string[]): Promise<Ran> {
    const env = { DATABASE_URL: this.databaseUrl, ...(this.journal && { JOURNAL_DIR: this.journal }) };
    return runCommand(['restore:check', '--since', since, ...more], env);
  }

  get statuses(): Promise<Json[]> {
    return this.db.rows('select id, status from payments order by id');
  }
}

interface Page {
  readonly id: string;
  readonly url: string;
  readonly postBackUrl: string;
  readonly request: object;
  readonly invoice: string;
}

async function open(site: Site, changes: object = {}, headers: Record<string, string> = {}): Promise<Page> {
  const invoice = newInvoiceNumber();
  const request = sampleRequest(changes, {}, { InvoiceNumber: invoice });
  const { status, body, text } = await site.story.ask(request, headers);
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`);
  const { postBackUrl } = await site.story.lastAsked();
  return { id: body.id, url: body.cloudPaymentUrl, postBackUrl, request, invoice };
}

const pagesAsked = async (site: Site): Promise<number> =>
  (await site.story.requests()).filter(({ operation }) => operation === 'cloud-payments').length;

test('a database is restored to an earlier time: the drill of docs/operators.md', async () => {
  const site = await Site.open();
  const partner = await receiver();
  const before = await open(site);
  const backup = await site.backUp();

  // After the backup: one is paid and recorded, the others are still to be paid. Then the database is lost.
  const paid = await open(site, { PostBackURL: partner.url });
  const keyed = await open(site, {}, { 'idempotency-key': 'after-the-backup' });
  const straying = await open(site);
  const { story } = site;
  expect(await postBack(paid.postBackUrl, story.message({ InvoiceNumber: paid.invoice }))).toBe(204);
  await site.stop();
  site.databaseUrl = backup.url;

  // A process was started before anybody had looked: a PostBack comes for a payment that this database does not know.
  await site.start();
  const lost = story.message({ InvoiceNumber: straying.invoice });
  await postBack(straying.postBackUrl, lost);
  const [stray] = [...(await strays(site, 'rejected')), ...(await strays(site, 'held'))];
  expect(stray).toMatchObject({
    paymentId: null,
    said: {
      InvoiceNumber: straying.invoice,
      Approved: 'True',
      PaymentAmount: '3.00',
      PaymentGUID: lost['PaymentGUID'],
    },
  });
  expect(JSON.stringify(stray)).not.toContain('Jane Payer');
  await site.stop();

  const tried = await site.check(backup.at);
  expect(tried.code).toBe(1);
  for (const line of [
    '3 payments are unknown here: they would be made again, open, with their pages.',
    'The journals hold every opening of that time. Nothing has to be refused.',
    '1 PostBacks came since then for payments that are unknown here:',
    `InvoiceNumber="${straying.invoice}"`,
    '1 payments of 1 billers were open then and could be paid since.',
    'Nothing was changed. Run it again with --apply.',
  ]) {
    expect(tried.said).toContain(line);
  }
  expect(tried.said).not.toContain('Jane Payer');
  expect(await site.statuses).toEqual([{ id: before.id, status: 'open' }]);

  const applied = await site.check(backup.at, '--apply');
  expect(applied.said).toContain('3 payments are unknown here: they were made again, open, with their pages.');
  expect(applied.said).toContain(`perhaps for payment ${straying.id}, open, 300 cents due`);
  const all = [before, paid, keyed, straying].map(({ id }) => ({ id, status: 'open' }));
  expect(await site.statuses).toEqual(all);
  const again = await site.check(backup.at, '--apply');
  expect(again.said).toContain('0 payments are unknown here');
  expect(await site.statuses).toEqual(all);
  expect(await site.db.count(`from audit_events where action = 'restore.apply' and actor = 'restore:check'`)).toBe(2);
  expect((await runCommand(['audit:verify'], { DATABASE_URL: site.databaseUrl })).code).toBe(0);

  // Nothing is opened twice: what is asked again is answered with the page that there is.
  await site.start();
  const asked = await pagesAsked(site);
  for (const { id, url, request } of [keyed, straying, before]) {
    const answer = await story.ask(request, { 'idempotency-key': randomUUID() });
    expect(answer).toMatchObject({ status: 201, body: { id, cloudPaymentUrl: url, reused: true } });
  }
  expect(await pagesAsked(site)).toBe(asked);
  expect(await story.eventTypes(keyed.id)).toEqual(['payment.opening', 'payment.open']);

  // What comes again, or late, is recorded in the ordinary way, and the partner is told.
  expect(await postBack(paid.postBackUrl, story.message({ InvoiceNumber: paid.invoice }))).toBe(204);
  expect(await postBack(keyed.postBackUrl, story.message({ InvoiceNumber: keyed.invoice }))).toBe(204);
  expect((await story.payment(keyed.id)).status).toBe('paid');
  await eventually('the partner is told again', () => partner.deliveries.length === 2);
  // What came too early is decided by an administrator, who is shown what it may be about.
  const detail = await admin('GET', `/postbacks/${stray.id}`, undefined, site.url);
  expect(detail).toMatchObject({
    payment: null,
    candidates: [{ id: straying.id, status: 'open', amountDueCents: 300 }],
  });
  const acceptance = { reason: 'seen at Invoice Cloud', paymentId: straying.id };
  await admin('POST', `/postbacks/${stray.id}/accept`, acceptance, site.url);
  expect((await story.payment(straying.id)).status).toBe('paid');
  await site.stop();
  expect(await site.check(backup.at)).toMatchObject({ code: 0 });

  // The journal has its part in what a key is needed for.
  const ring = `new:${Buffer.alloc(32, 9).toString('base64')},${stage.settings['ENCRYPTION_KEYS'] ?? ''}`;
  const env = { DATABASE_URL: site.databaseUrl, ENCRYPTION_KEYS: ring, JOURNAL_DIR: site.journal ?? '' };
  await runCommand(['keys:rotate'], env);
  const verified = await runCommand(['keys:verify'], env);
  expect(verified).toMatchObject({
    code: 1,
    said: expect.stringContaining('journal of openings needs key "test" (4)'),
  });
}, 180_000);

async function strays(site: Site, verdict: string): Promise<Json[]> {
  const { data } = await admin('GET', `/postbacks?verdict=${verdict}&withoutPayment=true`, undefined, site.url);
  return data;
}

test('without a journal openings are refused, until an administrator has settled the biller', async () => {
  const site = await Site.open({ journal: false });
  const { story } = site;
  const live = await open(site);
  const backup = await site.backUp();
  await open(site);
  await site.stop();
  site.databaseUrl = backup.url;

  const tried = await site.check(backup.at);
  expect(tried.code).toBe(1);
  expect(tried.said).toContain('There is no journal');
  expect(tried.said).toContain('Openings of 1 billers would be refused (restore_unsettled)');
  expect(await site.db.count('from billers where unsettled_until is not null')).toBe(0);
  expect((await site.check(backup.at, '--apply')).code).toBe(1);

  await site.start();
  const refused = await story.askAnother();
  expect(refused).toMatchObject({ status: 503, body: { code: 'restore_unsettled' } });
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(await story.askDropIn()).toMatchObject({ status: 503, body: { Code: 'restore_unsettled' } });
  // What payers pay is recorded all the same.
  expect(await postBack(live.postBackUrl, story.message({ InvoiceNumber: live.invoice }))).toBe(204);
  await eventually('it is an alert', async () => {
    const { alerts } = await admin('GET', '/overview', undefined, site.url);
    return alerts.some(({ kind }: Json) => kind === 'restore-unsettled');
  });

  const settled = await ask('POST', `/billers/${story.billerId}/restore-settled`, {}, { url: site.url });
  expect(settled).toMatchObject({ status: 200, body: { id: story.billerId, unsettledUntil: null } });
  expect((await story.askAnother()).status).toBe(201);
  const { data } = await admin('GET', '/audit-events?action=biller.restore-settled', undefined, site.url);
  expect(data).toEqual([expect.objectContaining({ target: `biller:${story.billerId}` })]);
  expect((await ask('POST', `/billers/${randomUUID()}/restore-settled`, {}, { url: site.url })).status).toBe(404);
}, 120_000);

test('the pages of that time end by themselves, and openings go on', async () => {
  const site = await Site.open({ journal: false });
  const { story } = site;
  const since = new Date(Date.now() - 7_200_000).toISOString();
  // The platform of before stopped an hour ago, a page lives for an hour: nothing can be paid any more.
  const stopped = new Date(Date.now() - 3_601_000).toISOString();
  expect((await site.check(since, '--until', stopped, '--apply')).said).toContain('Openings of 0 billers were refused');
  expect((await story.askAnother()).status).toBe(201);

  expect((await site.check(since, '--apply')).said).toContain('Openings of 1 billers were refused');
  await eventually('it is refused', async () => (await story.askAnother()).status === 503);
  await site.db.rows(
    `update billers set unsettled_until = now() - interval '1 second' where unsettled_until is not null`,
  );
  await eventually('it is opened again', async () => (await story.askAnother()).status === 201);
}, 120_000);

test.each([
  [[], /--since must be a time with its zone/],
  [['--since', '2026-11-28'], /--since must be a time with its zone/],
  [['--since', '2999-01-01T00:00:00Z'], /lies in the future/],
  [['--since', '2026-01-02T00:00:00Z', '--until', '2026-01-01T00:00:00Z'], /--until lies before --since/],
  [['--since', '2026-01-02T00:00:00Z', '--journal', '/nowhere'], /can't be read \(ENOENT\)/],
  [['--apply', '--sinse', 'x'], /Unknown option '--sinse'/],
])('the command with %j says what is wrong', async (args, wrong) => {
  const { code, said } = await runCommand(['restore:check', ...args], {});
  expect(code).toBe(1);
  expect(said).toMatch(wrong);
});
