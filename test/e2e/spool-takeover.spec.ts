import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '../support/administration.js';
import { admin } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { linesIn, newSpoolDir, post, spoolsIn } from '../support/spool.js';
import { newStory, type Opened, type Story } from '../support/story.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let databaseUrl: string;
let proxy: TcpProxy;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
}, 60_000);

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeReceivers();
  await closeDb();
});
afterEach(() => proxy.open());

type Invoice = Opened & { readonly InvoiceNumber: string };

/** A process that has answered PostBacks without its database, and was killed. */
async function killed(count: number, dir: string, partnerUrl?: string) {
  const platform = await startPlatform({ DATABASE_URL: proxy.url, SPOOL_DIR: dir });
  const [id = ''] = (await spoolsIn(dir)).slice(-1);
  const story = await newStory({ url: platform.url, databaseUrl });
  const opened: Invoice[] = [];
  for (let n = 0; n < count; n += 1) opened.push(await story.openAnother({ PostBackURL: partnerUrl }));
  proxy.cut();
  for (const one of await Promise.all(opened.map((one) => post(story, one)))) expect(one.status).toBe(204);
  await platform.stop('SIGKILL');
  proxy.open();
  return { id, story, opened };
}

const openAgain = (story: Story, { InvoiceNumber }: Invoice) =>
  story.ask(sampleRequest({ BillerReference: 'another' }, {}, { InvoiceNumber }));
const rows = (story: Story) => story.db.count('from spools');

async function expectRecordedOnce(story: Story, opened: readonly Invoice[]): Promise<void> {
  for (const { id } of opened) {
    await eventually('it is paid', async () => (await story.payment(id)).status === 'paid', 60_000);
    expect(await story.postbackRows(id)).toHaveLength(1);
    expect((await story.payment(id)).receipts).toHaveLength(1);
  }
}

describe('a process that was killed with a filled spool', () => {
  test('is followed by the next one on its folder; meanwhile none of its invoices is opened anew', async () => {
    const partner = await receiver();
    const dir = await newSpoolDir();
    const { id, story, opened } = await killed(6, dir, partner.url);
    const segment = join(dir, id, (await readdir(join(dir, id))).find((name) => name.endsWith('.spool')) ?? '');
    // The disk has damaged one that is also whole elsewhere, and its process died in the middle of writing.
    const [first = ''] = (await readFile(segment, 'utf8')).split('\n');
    const rest = await readFile(segment, 'utf8');
    await writeFile(segment, `${first.replace(/.$/, '!')}\n${rest}`);
    await appendFile(segment, first.slice(0, 50));

    const next = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir, SWEEP_SECONDS: '1' });
    story.moveTo(next.url);
    const [one] = opened as [Invoice];
    const refused = await openAgain(story, one);
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 'payment_uncertain' });
    expect(refused.headers.get('retry-after')).toBe('10');
    expect((await story.askAnother()).status).toBe(201);
    const listed = await eventually('it is silent', async () => {
      const { data } = await admin('GET', '/spools', undefined, next.url);
      return data[0].state === 'silent' && data;
    });
    expect(listed).toMatchObject([{ id, state: 'silent' }, { state: 'held' }]);

    await expectRecordedOnce(story, opened);
    await eventually(
      'the folder and the row are gone',
      async () => (await spoolsIn(dir)).length === 1 && (await rows(story)) === 1,
    );
    await eventually('the partner is told', () => partner.deliveries.length >= 6);
    expect(partner.deliveries).toHaveLength(6);
    await eventually('nothing waits', async () => (await story.db.count('from spool_marks')) === 0);
    expect((await openAgain(story, one)).body.code).toBe('invoice_already_paid');

    expect(await readdir(join(dir, 'set-aside'))).toHaveLength(1);
    const { alerts } = await eventually('somebody is told', async () => {
      const found = await admin('GET', '/overview', undefined, next.url);
      return found.alerts.some(({ kind }: { kind: string }) => kind === 'spool-damaged') && found;
    });
    expect(JSON.stringify(alerts)).not.toContain(dir);
    expect(next.said()).toContain('an end that was never flushed is left out');
    await next.stop();
  }, 180_000);

  test('is followed by one of two that start at the same time', async () => {
    const dir = await newSpoolDir();
    const { id, story, opened } = await killed(4, dir);
    const two = await Promise.all([1, 2].map(() => startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir })));
    story.moveTo(two[0]?.url ?? '');
    await expectRecordedOnce(story, opened);
    await eventually('the folder is gone', async () => !(await spoolsIn(dir)).some((name) => name.startsWith(id)));
    await eventually('one says so', () => two.some(({ said }) => said().includes('was taken over')));
    for (const one of two) await one.stop();
    expect(two.filter(({ said }) => said().includes('was taken over'))).toHaveLength(1);
  }, 180_000);

  test('keeps its invoices from being opened until an owner declares its spool lost', async () => {
    const dir = await newSpoolDir();
    const { id, story, opened } = await killed(1, dir);
    await rm(dir, { recursive: true });
    const elsewhere = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: await newSpoolDir() });
    story.moveTo(elsewhere.url);
    const [one] = opened as [Invoice];
    expect((await openAgain(story, one)).body.code).toBe('payment_uncertain');
    const by = { url: elsewhere.url };
    const [{ id: own }] = (await admin('GET', '/spools', undefined, elsewhere.url)).data.filter(
      ({ state }: { state: string }) => state === 'held',
    );
    expect(await ask('DELETE', `/spools/${own}`, { reason: 'test' }, by)).toMatchObject({
      status: 409,
      body: { code: 'spool_held' },
    });
    expect(await ask('DELETE', `/spools/${id}`, {}, by)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    const lost = await eventually('it is silent', async () => {
      const answer = await ask('DELETE', `/spools/${id}`, { reason: 'the volume is gone' }, by);
      return answer.status !== 409 && answer;
    });
    expect(lost).toMatchObject({ status: 200, body: { id, state: 'silent' } });
    const again = await eventually('the invoice is free', async () => {
      const answer = await openAgain(story, one);
      return answer.status === 201 && answer;
    });
    expect(again.body.status).toBe('open');
    expect(await ask('DELETE', `/spools/${id}`, { reason: 'again' }, by)).toMatchObject({ status: 404 });
    const { data } = await admin('GET', '/audit-events', undefined, elsewhere.url);
    expect(data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'spool.declare-lost',
          target: `spool:${id}`,
          after: { reason: 'the volume is gone', paymentIds: [] },
        }),
      ]),
    );
    await elsewhere.stop();
  }, 180_000);
});

describe('a process that was stopped for a while and goes on', () => {
  test('finds its spool taken, and begins a new one', async () => {
    const dir = await newSpoolDir();
    const frozen = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir });
    const [id = ''] = await spoolsIn(dir);
    const story = await newStory({ url: frozen.url, databaseUrl });
    const opened = await story.openAnother();
    const other = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir });
    frozen.signal('SIGSTOP');
    await eventually(
      'its spool is taken',
      async () => !(await spoolsIn(dir)).some((name) => name.startsWith(id)),
      60_000,
    );
    frozen.signal('SIGCONT');
    const added = await eventually('it has a new one', async () => (await rows(story)) === 2 && spoolsIn(dir), 60_000);
    expect(added).not.toContain(id);
    expect(added).toHaveLength(2);
    await story.db.rows('alter table receipts rename column refund_cents to refund_cents_2');
    try {
      expect(await post(story, opened)).toMatchObject({ status: 204 });
      expect(await linesIn(dir)).toHaveLength(1);
    } finally {
      await story.db.rows('alter table receipts rename column refund_cents_2 to refund_cents');
    }
    await expectRecordedOnce(story, [opened]);
    await frozen.stop();
    await other.stop();
  }, 180_000);

  test('keeps its spool where only the database is out of its reach', async () => {
    const dir = await newSpoolDir();
    const cutOff = await startPlatform({ DATABASE_URL: proxy.url, SPOOL_DIR: dir });
    const story = await newStory({ url: cutOff.url, databaseUrl });
    const opened = await story.openAnother();
    const [id = ''] = await spoolsIn(dir);
    const other = await startPlatform({ DATABASE_URL: databaseUrl, SPOOL_DIR: dir });
    proxy.cut();
    expect(await post(story, opened)).toMatchObject({ status: 204 });
    await eventually(
      'ten seconds have passed',
      async () => {
        const [row] = await story.db.rows<{ age: number }>(
          'select extract(epoch from now() - seen_at)::float8 as age from spools where id = $1',
          [id],
        );
        return (row?.age ?? 0) > 14;
      },
      60_000,
    );
    expect(await spoolsIn(dir)).toContain(id);
    proxy.open();
    await expectRecordedOnce(story, [opened]);
    await cutOff.stop();
    await other.stop();
  }, 180_000);
});
