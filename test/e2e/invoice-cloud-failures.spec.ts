import { randomUUID } from 'node:crypto';
import { admin } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { freePort } from '../support/platform.js';
import { closeReceivers, receiver, type Reply } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { newInvoiceNumber, newStory } from '../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const json =
  (status: number, body: string): Reply =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);

describe('when Invoice Cloud fails, the caller is told, the payment says why, and the next try works:', () => {
  // 'failed' where no page was made for certain; 'unconfirmed' where there may be one that nobody was given.
  test.each<[string, object, number, string, string?]>([
    ['slow', { kind: 'delay', ms: 30_000 }, 504, 'invoice_cloud_timeout'],
    ['hanging up', { kind: 'reset' }, 502, 'invoice_cloud_unavailable'],
    ['401', { kind: 'status', status: 401 }, 502, 'invoice_cloud_key_refused', 'failed'],
    ['403', { kind: 'status', status: 403 }, 502, 'invoice_cloud_key_refused', 'failed'],
    ['500', { kind: 'status', status: 500 }, 502, 'invoice_cloud_unavailable'],
    ['503', { kind: 'status', status: 503 }, 502, 'invoice_cloud_unavailable'],
    ['408', { kind: 'status', status: 408 }, 502, 'invoice_cloud_unavailable'],
    ['429', { kind: 'status', status: 429 }, 502, 'invoice_cloud_unavailable', 'failed'],
    ['400', { kind: 'status', status: 400 }, 422, 'invoice_cloud_rejected', 'failed'],
    ['HTML', { kind: 'html' }, 502, 'invoice_cloud_answer_unreadable'],
    ['HTML with 500', { kind: 'html', status: 500 }, 502, 'invoice_cloud_unavailable'],
    ['half a body', { kind: 'half-body' }, 502, 'invoice_cloud_unavailable'],
    ['broken JSON', { kind: 'bad-json' }, 502, 'invoice_cloud_answer_unreadable'],
    ['no URL', { kind: 'no-url' }, 502, 'invoice_cloud_answer_unreadable'],
  ])('%s', async (_, fault, status, code, outcome = 'unconfirmed') => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    await story.fault({ operation: 'cloud-payments', ...fault });
    const answer = await story.ask(sampleRequest(), headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code, status });
    expect(answer.body.detail).toMatch(/openCloudPayment/);
    if (code === 'invoice_cloud_unavailable' || code === 'invoice_cloud_timeout') {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }

    const [failed] = (await story.get('')).body.data;
    // Stored without Invoice Cloud's own words, which may repeat a payer's data.
    const detail = answer.body.detail.replace(/ It said: ".*"\.$/, '');
    expect(failed).toMatchObject({ status: outcome, failure: { code, detail }, openedAt: null });
    const events = await story.events(failed.id);
    expect(events.map(({ type }) => type)).toEqual(['payment.opening', `payment.${outcome}`]);
    expect(events[1].data).toMatchObject({ code });

    const next = await story.ask(sampleRequest(), headers);
    expect(next.status).toBe(201);
    expect(next.body).toMatchObject({ status: 'open', supersedes: outcome === 'failed' ? null : failed.id });
    expect(await story.requests()).toHaveLength(2);
  });

  test('down', async () => {
    const story = await newStory({ invoiceCloudUrl: `http://127.0.0.1:${await freePort()}` });
    const answer = await story.ask();
    expect(answer).toMatchObject({ status: 502, body: { code: 'invoice_cloud_unavailable' } });
    expect((await story.get('')).body.data).toMatchObject([
      { status: 'failed', failure: { code: 'invoice_cloud_unavailable' } },
    ]);
  });

  test('a key that Invoice Cloud does not know', async () => {
    const story = await newStory({ invoiceCloudKey: null });
    await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: `unknown-${randomUUID()}`, force: true });
    const answer = await story.ask();
    expect(answer).toMatchObject({ status: 502, body: { code: 'invoice_cloud_key_refused' } });
    expect((await story.get('')).body.data).toMatchObject([{ status: 'failed' }]);
    expect(answer.body.detail).toContain('api-key');
  });

  test.each<[string, Reply, string]>([
    [
      'elsewhere (302)',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/', connection: 'close' }).end(),
      'invoice_cloud_answer_unreadable',
    ],
    ['empty with 200', json(200, ''), 'invoice_cloud_answer_unreadable'],
    ['null', json(200, 'null'), 'invoice_cloud_answer_unreadable'],
    ['a list', json(200, '[]'), 'invoice_cloud_answer_unreadable'],
    ['a number for the URL', json(200, '{"Data":{"CloudPaymentURL":5}}'), 'invoice_cloud_answer_unreadable'],
    [
      'a javascript: URL',
      json(200, '{"Data":{"CloudPaymentURL":"javascript:alert(1)"}}'),
      'invoice_cloud_answer_unreadable',
    ],
    [
      'a URL of the private network',
      json(200, '{"Data":{"CloudPaymentURL":"https://10.0.0.1/"}}'),
      'invoice_cloud_answer_unreadable',
    ],
    ['2 MB', json(200, `{"Data":"${'x'.repeat(2_097_152)}"}`), 'invoice_cloud_answer_unreadable'],
    [
      'one byte at a time, without end',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 100);
        response.once('close', () => clearInterval(drip));
      },
      'invoice_cloud_timeout',
    ],
  ])('an answer that is %s', async (_, reply, code) => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always(reply);
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const answer = await story.ask();
    expect(answer.body).toMatchObject({ code });
    expect(answer.status).toBe(code === 'invoice_cloud_timeout' ? 504 : 502);
    expect((await story.get('')).body.data).toMatchObject([{ status: 'unconfirmed', failure: { code } }]);
    expect(invoiceCloud.deliveries).toHaveLength(1);
  });

  test('an answer in other case, with more in it, is still an answer', async () => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always(
      json(200, '{"data":{"cloudPaymentUrl":"https://www.invoicecloud.com/portal/x","More":1},"Message":null}'),
    );
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const answer = await story.ask();
    expect(answer.status).toBe(201);
    expect(answer.body.cloudPaymentUrl).toBe('https://www.invoicecloud.com/portal/x');
    const [asked] = invoiceCloud.deliveries;
    expect(asked?.url).toBe('/cloudpaymentsapi/v2');
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from(story.invoiceCloudKey).toString('base64')}`);
  });

  test('one that keeps failing hurts no other biller', async () => {
    const [slow, well] = [await newStory(), await newStory()];
    await slow.fault({ kind: 'delay', ms: 30_000, times: 0 });
    const slowly = Array.from({ length: 3 }, () =>
      slow.ask(sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() })),
    );
    expect((await well.ask()).status).toBe(201);
    for (const { status } of await Promise.all(slowly)) expect(status).toBe(504);
  });

  test('its own words are passed to the caller, who can act on them', async () => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always(json(400, '{"Data":null,"Message":"The biller is not set up for TypeID 39."}'));
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const answer = await story.ask();
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain('The biller is not set up for TypeID 39.');
  });
});
