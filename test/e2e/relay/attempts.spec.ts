import { closeDb, db, newDatabase } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, receiver, type Reply } from '../../support/receiver.js';
import { allDelivered, deliveriesOf, deliveryOf, report } from '../../support/relay.js';
import { newStory } from '../../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const refusing =
  (status: number, headers: Record<string, string> = {}, body = ''): Reply =>
  (response) =>
    response.writeHead(status, { connection: 'close', ...headers }).end(body);

describe('an attempt', () => {
  test('is recorded with its time, its outcome and the first KiB of the answer, sealed', async () => {
    const partner = await receiver();
    partner.answer(
      refusing(500, {}, `canary-of-the-partner ${'y'.repeat(5_000)}`),
      refusing(200, {}, 'thank\u0000 you'),
    );
    const story = await newStory();
    const { id } = await report(story, partner.url);
    const [delivered] = await allDelivered(id);
    const { history } = await deliveryOf(delivered.id);
    expect(history).toEqual([
      {
        number: 1,
        at: expect.any(String),
        milliseconds: expect.any(Number),
        status: 500,
        error: 'the partner answered 500',
        answer: `canary-of-the-partner ${'y'.repeat(5_000)}`.slice(0, 1024),
      },
      expect.objectContaining({ number: 2, status: 200, error: null, answer: 'thank you' }),
    ]);
    expect(history[0].milliseconds).toBeGreaterThanOrEqual(0);
    expect(Date.parse(history[1].at)).toBeGreaterThan(Date.parse(history[0].at));
    const rows = await db().rows('select answer_sealed from delivery_attempts where delivery_id = $1', [delivered.id]);
    expect(rows.map(({ answer_sealed }) => answer_sealed)).toEqual([
      expect.stringMatching(/^v1\./),
      expect.stringMatching(/^v1\./),
    ]);
  });

  test('waits as long as Retry-After asks, in seconds or as a date', async () => {
    const partner = await receiver();
    const date = new Date(Date.now() + 4_000);
    partner.answer(refusing(429, { 'retry-after': '2' }), refusing(503, { 'retry-after': date.toUTCString() }));
    const story = await newStory();
    const { id } = await report(story, partner.url);
    const [delivered] = await allDelivered(id);
    const { history } = await deliveryOf(delivered.id);
    const [first, second, third] = history.map(({ at }: { at: string }) => Date.parse(at));
    // By itself it would have waited a fifth, and then half a second.
    expect(second - first).toBeGreaterThanOrEqual(2_000);
    expect(third).toBeGreaterThanOrEqual(Math.floor(date.getTime() / 1000) * 1000);
    expect(history.map(({ status }: { status: number }) => status)).toEqual([429, 503, 204]);
  });

  test.each([301, 302, 304, 307, 400, 404])('that is answered %i has failed', async (status) => {
    const partner = await receiver();
    partner.answer(refusing(status, status < 304 ? { location: partner.url } : {}));
    const story = await newStory();
    const { id } = await report(story, partner.url);
    const [delivered] = await allDelivered(id);
    expect(delivered.attempts).toBe(2);
    expect((await deliveryOf(delivered.id)).history[0]).toMatchObject({ status });
  });

  test.each<[string, Reply]>([
    ['that gets no answer', () => undefined],
    ['that gets half a status', (response) => response.socket?.write('HTTP/1.1 2')],
    [
      'whose answer begins and never ends',
      (response) => response.writeHead(200, { 'content-length': 9 }).write('begin'),
    ],
  ])('%s fails when the deadline for the whole exchange is over', async (_, reply) => {
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, RELAY_TIMEOUT_MS: '400', RELAY_RETRY_SECONDS: '3600' };
    const platform = await startPlatform(env);
    const partner = await receiver();
    partner.always(reply);
    const story = await newStory({ url: platform.url, databaseUrl });
    const { id } = await report(story, partner.url);
    const [failed] = await eventually('the attempt is recorded', async () => {
      const deliveries = await deliveriesOf(id, platform.url);
      return deliveries[0].attempts > 0 && deliveries;
    });
    expect(failed).toMatchObject({ status: 'pending', lastStatus: null, lastError: 'no answer within the deadline' });
    await platform.stop();
  });
});
