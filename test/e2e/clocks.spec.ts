import { randomUUID } from 'node:crypto';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newMy360, visit } from '../support/my360.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { newStory } from '../support/story.js';

const THREE_MINUTES = 180_000;

/** A process whose clock is wrong by so many milliseconds. */
function wrongBy(ms: number, databaseUrl: string): Promise<Platform> {
  const shifted = `const Right=Date;globalThis.Date=class extends Right{constructor(...a){if(a.length)super(...a);else super(Right.now()+${ms})}static now(){return Right.now()+${ms}}}`;
  return startPlatform({
    DATABASE_URL: databaseUrl,
    SWEEP_SECONDS: '1',
    INVOICE_CLOUD_TIMEOUT_MS: '6000',
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(shifted)}`,
  });
}

let databaseUrl: string;
let behind: Platform;
let ahead: Platform;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  behind = await wrongBy(-THREE_MINUTES, databaseUrl);
  ahead = await wrongBy(THREE_MINUTES, databaseUrl);
}, 60_000);
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const storyAt = ({ url }: Platform) => newStory({ url, databaseUrl });

const expectNow = (time: string): void => expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(20_000);

describe.each<[string, () => Platform, () => Platform]>([
  ['behind', () => behind, () => ahead],
  ['ahead', () => ahead, () => behind],
])('a process whose clock is %s', (_, wrong, other) => {
  test('opens a payment that counts as being opened to another process, and is nobody else’s to give up', async () => {
    const story = await storyAt(wrong());
    await story.fault({ kind: 'delay', ms: 3_500, operation: 'cloud-payments' });
    const headers = { 'idempotency-key': randomUUID() };
    const opening = story.ask(sampleRequest(), headers);
    await eventually('Invoice Cloud is asked', async () => (await story.requests()).length === 1);
    story.moveTo(other().url);
    expect((await story.ask()).body).toMatchObject({ code: 'invoice_being_opened' });
    expect((await story.ask(sampleRequest(), headers)).body).toMatchObject({ code: 'idempotency_key_in_use' });
    const { status, body } = await opening;
    expect([status, body.status]).toEqual([201, 'open']);
    expect(await story.eventTypes(body.id)).toEqual(['payment.opening', 'payment.open']);
  });

  test.each<[string, Record<string, string>]>([
    ['', {}],
    [' under an Idempotency-Key', { 'idempotency-key': randomUUID() }],
  ])('answers the times that are stored, and they are the database’s%s', async (__, headers) => {
    const story = await storyAt(wrong());
    // A failed one before, so that the invoice is known, and a second with the usual way.
    await story.fault({ kind: 'status', status: 400, operation: 'cloud-payments' });
    await story.ask();
    for (const changes of [{}, { BillerReference: 'known' }]) {
      const { body } = await story.ask(sampleRequest(changes), changes.BillerReference ? {} : headers);
      for (const time of [body.createdAt, body.openedAt]) expectNow(time);
      expect(Date.parse(body.openedAt)).toBeGreaterThanOrEqual(Date.parse(body.createdAt));
      expect(Date.parse(body.pageExpiresAt) - Date.parse(body.openedAt)).toBe(3_600_000);
      expect(await story.payment(body.id)).toMatchObject({
        createdAt: body.createdAt,
        openedAt: body.openedAt,
        pageExpiresAt: body.pageExpiresAt,
      });
      const found = async (query: string): Promise<string[]> =>
        (await story.get(`?${query}`)).body.data.map(({ id }: { id: string }) => id);
      expect(await found(`createdFrom=${body.createdAt}`)).toContain(body.id);
      expect(await found(`createdBefore=${body.createdAt}`)).not.toContain(body.id);
    }
  });

  test('makes a launch URL that works at another', async () => {
    const my360 = await newMy360({
      url: wrong().url,
      databaseUrl,
      portal: { portalOrigins: ['https://my360.example'] },
    });
    const session = await my360.session(await my360.user());
    const { launchUrl, expiresAt } = (await my360.openPage(session.id, { page: 'recent-bills' })).body;
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(61_000);
    expect((await visit(launchUrl)).status).toBe(200);
  });
});
