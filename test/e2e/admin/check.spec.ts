import { ask, newSecret, NOBODY, patch } from '../../support/administration.js';
import type { Json } from '../../support/api.js';
import { closeDb, db, newDatabase } from '../../support/db.js';
import { freePort, startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, type Reply } from '../../support/receiver.js';
import { soapService } from '../../support/soap-service.js';
import { newStory, type StoryOptions } from '../../support/story.js';

// A database of its own: settings that others define are findings, too.
let url: string;
let databaseUrl: string;
let said: () => string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
  ({ url, said } = await startPlatform({ DATABASE_URL: databaseUrl }));
});
afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

let made = 0;
/** A biller with which all is well, but for what the test wants otherwise. */
async function biller(options: StoryOptions = {}) {
  const returnUrl = `https://return.example.com/${(made += 1)}`;
  const story = await newStory({ url, databaseUrl, returnUrl, ...options });
  const answer = await patch(story.billerId, { portalOrigins: ['https://portal.example.com'] }, { url });
  expect(answer.status).toBe(200);
  return story;
}

async function check(billerId: string): Promise<{ ok: boolean; findings: Json[] }> {
  const { status, body } = await ask('POST', `/billers/${billerId}/check`, undefined, { url });
  expect(status).toBe(200);
  for (const { found, next } of body.findings) {
    expect(found).toMatch(/^\S.{10,}\.$/);
    expect(next).toMatch(/^\S.{10,}$/);
  }
  return body;
}
const codes = ({ findings }: { findings: Json[] }) => findings.map(({ code, severity }) => `${severity} ${code}`);

test('finds nothing where all is well, and asks Invoice Cloud with the stored key', async () => {
  const story = await biller();
  expect(await check(story.billerId)).toEqual({ ok: true, findings: [] });
  expect(await story.requests()).toEqual([expect.objectContaining({ operation: 'biller-status', status: 200 })]);
});

test('finds that the key is missing', async () => {
  const { billerId } = await biller({ invoiceCloudKey: null });
  const found = await check(billerId);
  expect(found.ok).toBe(false);
  expect(codes(found)).toEqual(['error api-key-missing']);
});

test('finds that the key is refused, and does not tell it', async () => {
  const { billerId } = await biller();
  const key = newSecret();
  await ask('PUT', `/billers/${billerId}/api-key`, { key, force: true }, { url });
  const found = await check(billerId);
  expect([found.ok, ...codes(found)]).toEqual([false, 'error api-key-refused']);
  expect(JSON.stringify(found)).not.toContain(key);
});

test('finds that Invoice Cloud is not there, or not well', async () => {
  const nowhere = await biller({ invoiceCloudUrl: `http://127.0.0.1:${await freePort()}` });
  expect(codes(await check(nowhere.billerId))).toEqual(['error invoice-cloud-unreachable']);
  const ill = await biller();
  for (const fault of [{ kind: 'status', status: 500 }, { kind: 'reset' }, { kind: 'html', status: 503 }]) {
    await ill.fault({ operation: 'biller-status', times: 5, ...fault });
    const found = await check(ill.billerId);
    expect([fault.kind, found.ok, ...codes(found)]).toEqual([fault.kind, false, 'error invoice-cloud-unreachable']);
    await ill.steer('/faults', 'DELETE');
  }
});

describe('the Web Service Key', () => {
  /** A biller whose Invoice Cloud has the SOAP service, with a key of which the service is told, or is not. */
  async function asking(wanted: object, key: (right: string) => string | null = (right) => right) {
    const invoiceCloud = await soapService();
    const story = await biller({ invoiceCloudUrl: invoiceCloud.url });
    await patch(story.billerId, wanted, { url });
    const stored = key(invoiceCloud.key);
    if (stored) await ask('PUT', `/billers/${story.billerId}/web-service-key`, { key: stored }, { url });
    return { ...story, invoiceCloud, stored };
  }
  const soapAsked = ({ deliveries }: { deliveries: readonly { url: string }[] }) =>
    deliveries.filter(({ url: path }) => path.endsWith('.asmx')).length;

  test('that is right is no finding, whatever Invoice Cloud knows of invoices', async () => {
    const { billerId, billerGuid, invoiceCloud } = await asking({ askInvoiceStatus: true });
    expect(await check(billerId)).toEqual({ ok: true, findings: [] });
    const asked = invoiceCloud.deliveries.find(({ url: path }) => path.endsWith('.asmx'));
    expect(asked).toMatchObject({ method: 'POST', url: '/portal/webservices/CloudInvoicing.asmx' });
    expect(asked?.headers['content-type']).toMatch(/^application\/soap\+xml; charset=utf-8; action="http/);
    expect(asked?.headers.authorization).toBeUndefined();
    expect(asked?.body).toContain(`<BillerGUID>${billerGuid}</BillerGUID><WebServiceKey>the/right+web`);
    invoiceCloud.knowsEveryInvoice();
    expect(await check(billerId)).toEqual({ ok: true, findings: [] });
  });

  test('that is missing is asked of nobody, and missed only where it is needed', async () => {
    const without = await asking({}, () => null);
    expect(await check(without.billerId)).toEqual({ ok: true, findings: [] });
    const needed = await asking({ askInvoiceStatus: true }, () => null);
    expect(codes(await check(needed.billerId))).toEqual(['warning web-service-key-missing']);
    expect([soapAsked(without.invoiceCloud), soapAsked(needed.invoiceCloud)]).toEqual([0, 0]);
  });

  test('that is refused is found, and is not told', async () => {
    const needed = await asking({ askInvoiceStatus: true }, newSecret);
    const found = await check(needed.billerId);
    expect([found.ok, ...codes(found)]).toEqual([false, 'error web-service-key-refused']);
    const unused = await asking({}, newSecret);
    expect(codes(await check(unused.billerId))).toEqual(['warning web-service-key-refused']);
    for (const { stored } of [needed, unused]) {
      expect(JSON.stringify(found)).not.toContain(stored);
      expect(said()).not.toContain(stored);
    }
  });

  test.each<[string, Reply]>([
    ['is not there', 404],
    ['is ill', 503],
    [
      'repeats what it was sent',
      (response) =>
        response
          .writeHead(500, { 'content-type': 'text/xml' })
          .end(`<e:Envelope xmlns:e="x"><e:Body><e:Fault><f>${repeated}</f></e:Fault></e:Body></e:Envelope>`),
    ],
  ])('is not known to be right where the service %s', async (_, reply) => {
    const { billerId, invoiceCloud, stored } = await asking({ askInvoiceStatus: true }, newSecret);
    repeated = stored ?? '';
    invoiceCloud.soap(reply);
    const found = await check(billerId);
    expect([found.ok, ...codes(found)]).toEqual([false, 'error web-service-unavailable']);
    expect(JSON.stringify(found)).not.toContain(stored);
    expect(said()).not.toContain(stored);
  });
});
let repeated = '';

test('finds that a setting of every biller’s own is missing', async () => {
  const { billerId } = await biller();
  await ask('DELETE', `/billers/${billerId}/settings/36`, undefined, { url });
  const found = await check(billerId);
  expect([found.ok, ...codes(found)]).toEqual([false, 'error setting-missing']);
  expect(found.findings[0].found).toContain('36');
  expect(found.findings[0].next).toContain('settings/36');
});

test('warns of the same value at two billers, at each of them, with how many there are', async () => {
  const returnUrl = 'https://return.example.com/the-same';
  const [one, two] = [await biller({ returnUrl }), await biller({ returnUrl })];
  for (const { billerId } of [one, two]) {
    const found = await check(billerId);
    expect([found.ok, ...codes(found)]).toEqual([true, 'warning setting-not-unique']);
    expect(found.findings[0].found).toMatch(/at 1 other biller\./);
  }
  await biller({ returnUrl });
  expect((await check(one.billerId)).findings[0].found).toMatch(/at 2 other billers\./);
  await ask('PUT', `/billers/${one.billerId}/settings/36`, { value: `${returnUrl}/not` }, { url });
  expect(await check(one.billerId)).toEqual({ ok: true, findings: [] });
});

test('finds a policy and fields that came about before today’s rules', async () => {
  const { billerId } = await biller();
  await db(databaseUrl).rows(
    `update billers set cloud_pay_policy = $2, css_url = $3, portal_origins = $4 where id = $1`,
    [
      billerId,
      { pinned: { Nope: 1 }, defaults: { ViewMode: 'wide' } },
      'http://10.0.0.1/a.css',
      ['https://portal.example.com/path'],
    ],
  );
  const found = await check(billerId);
  expect(found.ok).toBe(false);
  expect(codes(found).sort()).toEqual([
    'error field-not-allowed',
    'error field-not-allowed',
    'error policy-not-valid',
    'error policy-not-valid',
  ]);
  const told = found.findings.map((one) => one.found).join('\n');
  for (const field of ['cssUrl', 'portalOrigins[0]', 'pinned["Nope"]', 'defaults["ViewMode"]']) {
    expect(told).toContain(field);
  }
});

test('warns that no portal may frame its pages, and that it is switched off', async () => {
  const { billerId } = await biller();
  await patch(billerId, { portalOrigins: [] }, { url });
  await ask('POST', `/billers/${billerId}/deactivate`, {}, { url });
  const found = await check(billerId);
  expect(found.ok).toBe(true);
  expect(codes(found).sort()).toEqual(['warning deactivated', 'warning no-portal-origin']);
});

test('tells everything at once', async () => {
  const { billerId } = await newStory({ url, databaseUrl, invoiceCloudKey: null });
  expect(codes(await check(billerId)).sort()).toEqual([
    'error api-key-missing',
    'error setting-missing',
    'warning no-portal-origin',
  ]);
});

test('of nobody is 404', async () => {
  expect((await ask('POST', `/billers/${NOBODY}/check`, undefined, { url })).body.code).toBe('biller_not_found');
});
