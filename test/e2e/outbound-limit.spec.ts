import { patch } from '../support/administration.js';
import type { Json } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const OPEN = '{"Data":{"CloudPaymentURL":"https://www.invoicecloud.com/portal/x"}}';

describe('a limit of calls a second', () => {
  test('holds for two processes together', async () => {
    const databaseUrl = await newDatabase();
    const settings = { DATABASE_URL: databaseUrl, INVOICE_CLOUD_TIMEOUT_MS: '60000' };
    const platforms = [await startPlatform(settings), await startPlatform(settings)];
    const [{ url = '' } = {}, { url: other = '' } = {}] = platforms;
    const story = await newStory({ url, databaseUrl });
    await patch(story.billerId, { outboundPerSecond: 8 }, { url });

    const began = Date.now();
    const first = Array.from({ length: 8 }, () => story.askAnother());
    story.moveTo(other);
    const second = Array.from({ length: 8 }, () => story.askAnother());
    for (const { status } of await Promise.all([...first, ...second])) expect(status).toBe(201);

    const arrivals = (await story.requests())
      .map((wire) => Date.parse((wire as unknown as Json).at))
      .sort((a, b) => a - b);
    expect(arrivals).toHaveLength(16);
    // No call goes out before its turn, and turns are an eighth of a second apart: a busy machine can only be later.
    arrivals.forEach((at, index) => expect(at - began).toBeGreaterThanOrEqual(index * 125 - 5));
    const [turns] = await story.db.rows<{ ms: string }>(
      `select extract(epoch from next_at) * 1000 as ms from invoice_cloud_pace where biller_id = $1`,
      [story.billerId],
    );
    expect(Number(turns?.ms) - began).toBeGreaterThanOrEqual(16 * 125 - 5);
  });

  test('refuses what would have to wait too long, and sends nothing; without it all goes', async () => {
    const story = await newStory();
    await patch(story.billerId, { outboundPerSecond: 0.1 });
    expect((await story.askAnother()).status).toBe(201);
    const refused = await story.askAnother();
    expect(refused).toMatchObject({ status: 503, body: { code: 'invoice_cloud_limited' } });
    expect(refused.body.detail).toContain('outboundPerSecond');
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
    expect((await story.get('')).body.data[0]).toMatchObject({ failure: { code: 'invoice_cloud_limited' } });
    expect(await story.requests()).toHaveLength(1);

    await patch(story.billerId, { outboundPerSecond: null });
    for (let made = 0; made < 3; made += 1) expect((await story.askAnother()).status).toBe(201);
  });

  test('is asked of the database only where there is one', async () => {
    const story = await newStory();
    expect((await story.askAnother()).status).toBe(201);
    expect(await story.db.count('from invoice_cloud_pace where biller_id = $1', [story.billerId])).toBe(0);
  });

  test('of Invoice Cloud’s own, 429 with Retry-After, is kept', async () => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(OPEN));
    invoiceCloud.answer((response) => response.writeHead(429, { 'retry-after': '60' }).end());
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const told = await story.askAnother();
    expect(told).toMatchObject({ status: 502, body: { code: 'invoice_cloud_unavailable' } });
    expect(told.headers.get('retry-after')).toBe('60');
    const paused = await story.askAnother();
    expect(paused).toMatchObject({ status: 503, body: { code: 'invoice_cloud_limited' } });
    expect(Number(paused.headers.get('retry-after'))).toBeGreaterThan(30);
    expect(invoiceCloud.deliveries).toHaveLength(1);
    const another = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    expect((await another.askAnother()).status).toBe(201);
  });
});
