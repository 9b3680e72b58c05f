import { ask } from '../support/administration.js';
import type { Answer } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { newStory, type Story } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const told = ({ status, body }: Answer) => `${status} ${body.code ?? body.status}`;
const OPEN = '{"Data":{"CloudPaymentURL":"https://www.invoicecloud.com/portal/x"}}';

describe('a call that can not be repeated', () => {
  test.each([
    ['is reset', { kind: 'reset' }],
    ['loses its answer', { kind: 'answer-lost' }],
    ['takes too long', { kind: 'delay', ms: 30_000 }],
    ['is answered with 500', { kind: 'status', status: 500 }],
    ['is answered with 503', { kind: 'status', status: 503 }],
    ['is answered with half a body', { kind: 'half-body' }],
    ['is answered with 429', { kind: 'status', status: 429 }],
  ])('and %s is sent once', async (_, fault) => {
    const story = await newStory();
    await story.fault({ operation: 'cloud-payments', ...fault });
    expect((await story.askAnother()).status).toBeGreaterThanOrEqual(502);
    expect(await story.requests()).toHaveLength(1);
  });
});

describe('a call that can be repeated', () => {
  const check = async (story: Story): Promise<boolean> =>
    !JSON.stringify((await ask('POST', `/billers/${story.billerId}/check`)).body).includes('unreachable');

  test.each([
    ['reset', { kind: 'reset' }],
    ['answered with 500', { kind: 'status', status: 500 }],
    ['answered with half a body', { kind: 'half-body' }],
  ])('and is %s twice is sent three times, and the caller hears nothing of it', async (_, fault) => {
    const story = await newStory();
    await story.fault({ operation: 'biller-status', ...fault, times: 2 });
    expect(await check(story)).toBe(true);
    expect((await story.requests()).map(({ status }) => status).slice(2)).toEqual([200]);
    expect(await story.requests()).toHaveLength(3);
  });

  test('is sent three times and no more', async () => {
    const story = await newStory();
    await story.fault({ operation: 'biller-status', kind: 'reset', times: 0 });
    expect(await check(story)).toBe(false);
    expect(await story.requests()).toHaveLength(3);
  });

  test('and took all the time is not sent again', async () => {
    const story = await newStory();
    await story.fault({ operation: 'biller-status', kind: 'delay', ms: 30_000, times: 0 });
    expect(await check(story)).toBe(false);
    expect(await story.requests()).toHaveLength(1);
  });
});

test('a biller that Invoice Cloud keeps failing is left alone; then one call finds out that it is well', async () => {
  const [ill, well] = [await newStory(), await newStory()];
  await ill.fault({ kind: 'status', status: 500, times: 0 });
  for (const story of times(5, () => ill)) expect(told(await story.askAnother())).toBe('502 invoice_cloud_unavailable');
  const paused = await ill.askAnother();
  expect(told(paused)).toBe('503 invoice_cloud_paused');
  expect(Number(paused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(paused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  expect((await ill.askDropIn()).body).toMatchObject({ Data: null, Code: 'invoice_cloud_paused' });
  expect((await ill.get('')).body.data[0]).toMatchObject({ failure: { code: 'invoice_cloud_paused' } });
  expect(await ill.requests()).toHaveLength(5);
  expect(told(await well.askAnother())).toBe('201 open');

  await ill.steer('/faults', 'DELETE');
  // So slow that those who come with the first one come while it is under way.
  await ill.fault({ kind: 'delay', ms: 700 });
  const together = await eventually('Invoice Cloud is asked again', async () => {
    const answers = (await Promise.all(times(4, () => ill.askAnother()))).map(told).sort();
    return answers.includes('201 open') && answers;
  });
  expect(together).toEqual(['201 open', ...times(3, () => '503 invoice_cloud_paused')]);
  expect(await ill.requests()).toHaveLength(6);
  expect(told(await ill.askAnother())).toBe('201 open');
}, 60_000);

describe('a process that lets two calls of a biller out at a time', () => {
  let url: string;
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await newDatabase();
    const settings = { INVOICE_CLOUD_CONCURRENCY: '2', INVOICE_CLOUD_TIMEOUT_MS: '8000' };
    ({ url } = await startPlatform({ DATABASE_URL: databaseUrl, ...settings }));
  });

  test('has the others wait', async () => {
    const invoiceCloud = await receiver('');
    let inside = 0;
    let most = 0;
    invoiceCloud.always((response) => {
      most = Math.max(most, (inside += 1));
      setTimeout(() => {
        inside -= 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end(OPEN);
      }, 60);
    });
    const story = await newStory({ url, databaseUrl, invoiceCloudUrl: invoiceCloud.url });
    const answers = await Promise.all(times(8, () => story.askAnother()));
    expect(new Set(answers.map(told))).toEqual(new Set(['201 open']));
    expect([most, invoiceCloud.deliveries.length]).toEqual([2, 8]);
  });

  test('refuses those for whom there is no place, and sends nothing of theirs, then or later', async () => {
    const story = await newStory({ url, databaseUrl });
    await story.fault({ kind: 'delay', ms: 30_000, times: 0 });
    const answers = await Promise.all(times(13, () => story.askAnother()));
    expect(answers.map(told).sort()).toEqual([
      ...times(11, () => '503 invoice_cloud_busy'),
      ...times(2, () => '504 invoice_cloud_timeout'),
    ]);
    for (const { status, headers } of answers) {
      if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await story.requests()).toHaveLength(2);
    await story.steer('/faults', 'DELETE');
    expect(told(await story.askAnother())).toBe('201 open');
    expect(await story.requests()).toHaveLength(3);
  });
});

test('while one biller hangs with all the calls that it may make, the others are answered', async () => {
  const databaseUrl = await newDatabase();
  // A deadline that does not end within the test: what is answered is answered beside those that hang.
  const settings = { INVOICE_CLOUD_CONCURRENCY: '4', INVOICE_CLOUD_TIMEOUT_MS: '100000' };
  const platform = await startPlatform({ DATABASE_URL: databaseUrl, ...settings });
  const at = { url: platform.url, databaseUrl };
  const hanging = [await newStory(at), await newStory(at)];
  const well = await newStory(at);
  let ended = 0;
  for (const story of hanging) {
    await story.fault({ kind: 'delay', ms: 600_000, times: 0 });
    const end = () => void (ended += 1);
    for (const asked of times(20, () => story.askAnother())) asked.then(end, end);
    await eventually('its places are taken', async () => (await story.requests()).length === 4);
    // All that it may have wait do wait, and who comes now is refused.
    await eventually('all have come', async () => (await story.paymentsStored()) === 20);
  }
  for (const story of times(10, () => well)) expect(told(await story.askAnother())).toBe('201 open');
  const together = await Promise.all(times(4, () => well.askAnother()));
  expect(together.map(told)).toEqual(times(4, () => '201 open'));
  expect(ended).toBe(0);
  for (const story of hanging) expect(await story.requests()).toHaveLength(4);
}, 60_000);
