import { acceptKey, ask, newAdminKey, newSecret, NOBODY } from '../../support/administration.js';
import type { Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { freePort } from '../../support/platform.js';
import { closeReceivers } from '../../support/receiver.js';
import { soapService } from '../../support/soap-service.js';
import { sampleRequest } from '../../support/sample.js';
import { newInvoiceNumber, newStory, type Story } from '../../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const KINDS = ['api-key', 'web-service-key'] as const;

const put = (billerId: string, body: object, kind: string = 'api-key') =>
  ask('PUT', `/billers/${billerId}/${kind}`, body);
const restore = (billerId: string, body: object = {}, kind = 'api-key') =>
  ask('POST', `/billers/${billerId}/${kind}/restore`, body);
const versions = async (billerId: string, kind: string = 'api-key'): Promise<Json[]> =>
  (await ask('GET', `/billers/${billerId}/${kind}`)).body.data;
const rows = (billerId: string, kind: string = 'api-key') =>
  db().rows<{ version: number; sealed: string | null; is_current: boolean }>(
    'select version, sealed, is_current from invoice_cloud_keys where biller_id = $1 and kind = $2 order by version',
    [billerId, kind],
  );
/** Whether what the platform sends now is taken by Invoice Cloud as this biller's. */
const pays = async (story: Story) =>
  (await story.ask(sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() }))).status === 201;

describe.each(KINDS)('a biller’s %s', (kind) => {
  const [field] = kind === 'api-key' ? (['apiKey'] as const) : (['webServiceKey'] as const);

  test('is written and never shown: last four, version, who and when are', async () => {
    const { billerId, billerGuid } = await newStory({ invoiceCloudKey: null });
    const operator = await newAdminKey('operator');
    const key = newSecret();
    await acceptKey(billerGuid, key);
    const set = await ask('PUT', `/billers/${billerId}/${kind}`, { key }, operator);
    const shown = {
      lastFour: key.slice(-4),
      version: 1,
      current: true,
      setBy: `key ${operator.id} (${operator.name})`,
      setAt: expect.any(String),
      restorableUntil: null,
    };
    expect(set.status).toBe(200);
    expect(set.body).toEqual(shown);
    expect(Math.abs(Date.now() - Date.parse(set.body.setAt))).toBeLessThan(60_000);
    const answers = [
      set,
      await ask('GET', `/billers/${billerId}`),
      await ask('GET', `/billers/${billerId}/${kind}`),
      await ask('GET', `/billers?search=${billerId}`),
      await ask('POST', `/billers/${billerId}/${kind}/check`, { key }),
      await ask('POST', `/billers/${billerId}/check`),
      await ask('GET', `/audit-events?target=biller:${billerId}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { text } of answers) expect(text).not.toContain(key.slice(0, -4));
    expect(answers[1]?.body[field]).toEqual(shown);
    expect(answers[2]?.body.data).toEqual([shown]);
    const [stored] = await rows(billerId, kind);
    expect(stored?.sealed).toMatch(/^v1\./);
    expect(stored?.sealed).not.toContain(key);
  });

  test.each([
    ['empty', ''],
    ['short', 'abcdefg'],
    ['with a space before', ' canary-0123456789'],
    ['with a space behind', 'canary-0123456789 '],
    ['with a space inside', 'canary 0123456789'],
    ['with a line break behind', 'canary-0123456789\n'],
    ['with a tab', 'canary\t0123456789'],
    ['with a hard space', 'canary-0123456789\u00a0'],
    ['with a zero-width space', 'canary-0123456789\u200b'],
    ['too long', 'x'.repeat(1_001)],
  ])('that is %s is refused, not trimmed, and that is said', async (_, key) => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    for (const body of [
      { key, force: true },
      { apiKey: key, force: true },
    ]) {
      const answer = await put(billerId, body, kind);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: Object.keys(body)[0] }] } });
      expect(answer.body.errors[0].reason).toMatch(/spaces/);
      if (key.length > 10) expect(answer.text).not.toContain(key.trim());
    }
    expect((await ask('POST', `/billers/${billerId}/${kind}/check`, { key })).status).toBe(400);
    expect(await versions(billerId, kind)).toEqual([]);
  });

  test.each([
    ['a number', { key: 1234567890 }],
    ['null', { key: null }],
    ['nothing', {}],
    ['an overlap below none', { key: newSecret(), overlapHours: -1 }],
    ['an overlap beyond a week', { key: newSecret(), overlapHours: 169 }],
    ['a key that is judged under neither name', { key: ' spaces ', apiKey: newSecret() }],
    ['no text beside a key under its older name', { key: { a: 1 }, apiKey: newSecret() }],
  ])('is not set to %s', async (_, body) => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    expect((await put(billerId, { ...body, force: true }, kind)).status).toBe(400);
    expect(await versions(billerId, kind)).toEqual([]);
  });

  test('of two at once has two versions, one of them in use', async () => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    const keys = Array.from({ length: 6 }, newSecret);
    const answers = await Promise.all(keys.map((key) => put(billerId, { key, force: true }, kind)));
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(answers.map(({ body }) => body.version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const listed = await versions(billerId, kind);
    expect(listed.map(({ version, current }) => [version, current])).toEqual([
      [6, true],
      [5, false],
      [4, false],
      [3, false],
      [2, false],
      [1, false],
    ]);
  });

  test('is wiped at once where the overlap is 0', async () => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    await put(billerId, { key: newSecret(), force: true }, kind);
    await put(billerId, { key: newSecret(), force: true, overlapHours: 0 }, kind);
    expect((await rows(billerId, kind)).map(({ sealed }) => sealed === null)).toEqual([true, false]);
    expect((await versions(billerId, kind)).map(({ restorableUntil }) => restorableUntil)).toEqual([null, null]);
    const answer = await restore(billerId, { force: true }, kind);
    expect(answer).toMatchObject({ status: 409, body: { code: 'nothing_to_restore' } });
  });

  test('comes back inside the overlap, and not after it', async () => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    await put(billerId, { key: newSecret(), force: true }, kind);
    await put(billerId, { key: newSecret(), force: true, overlapHours: 2 }, kind);
    const [, old] = await versions(billerId, kind);
    const hours = (Date.parse(old.restorableUntil) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);
    expect(hours).toBeLessThan(2.1);

    expect(await restore(billerId, { force: true }, kind)).toMatchObject({
      status: 200,
      body: { version: 1, current: true, restorableUntil: null },
    });
    expect((await versions(billerId, kind)).map(({ current }) => current)).toEqual([false, true]);
    // There and back again: the one that was in use took its place.
    expect((await restore(billerId, { force: true }, kind)).body.version).toBe(2);
    await db().rows(
      `update invoice_cloud_keys set usable_until = now() - interval '1 second'
       where biller_id = $1 and kind = $2 and not is_current`,
      [billerId, kind],
    );
    expect(await restore(billerId, { force: true }, kind)).toMatchObject({
      status: 409,
      body: { code: 'nothing_to_restore' },
    });
    expect((await versions(billerId, kind)).map(({ restorableUntil }) => restorableUntil)).toEqual([null, null]);
  });

  test('that comes back is the one that was in use before, not the newest', async () => {
    const { billerId } = await newStory({ invoiceCloudKey: null });
    await put(billerId, { key: newSecret(), force: true }, kind);
    await put(billerId, { key: newSecret(), force: true }, kind);
    expect((await restore(billerId, { force: true }, kind)).body.version).toBe(1);
    expect((await put(billerId, { key: newSecret(), force: true }, kind)).body.version).toBe(3);
    // Version 2 was a mistake; version 1 was in use when 3 came.
    expect((await restore(billerId, { force: true }, kind)).body.version).toBe(1);
  });

  test('of nobody can be neither set, listed, checked nor brought back', async () => {
    const answers = [
      await put(NOBODY, { key: newSecret() }, kind),
      await ask('GET', `/billers/${NOBODY}/${kind}`),
      await ask('POST', `/billers/${NOBODY}/${kind}/check`, { key: newSecret() }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'biller_not_found' } });
  });
});

describe('the API key at Invoice Cloud', () => {
  test('that is refused does not take over without force; the old one goes on being used', async () => {
    const story = await newStory();
    const wrong = newSecret();
    const refused = await put(story.billerId, { key: wrong });
    expect(refused).toMatchObject({ status: 422, body: { code: 'secret_not_accepted' } });
    expect(refused.body.detail).toMatch(/refuses.*force/);
    expect(refused.text).not.toContain(wrong);
    expect(await versions(story.billerId)).toHaveLength(1);
    const before = (await story.requests()).length;
    expect(await pays(story)).toBe(true);
    expect(await story.requests()).toHaveLength(before + 1);

    expect((await put(story.billerId, { key: wrong, force: true })).status).toBe(200);
    const count = (await story.requests()).length;
    expect(await pays(story)).toBe(false);
    // Under that key Invoice Cloud knows no biller.
    expect(await story.requests()).toHaveLength(count);
  });

  test('that is accepted takes over at once, and the one before comes back', async () => {
    const story = await newStory();
    const [old, next] = [story.invoiceCloudKey, newSecret()];
    await acceptKey(story.billerGuid, next);
    expect(await pays(story)).toBe(false);
    expect(await put(story.billerId, { key: next })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await pays(story)).toBe(true);

    // Invoice Cloud went back as well; without that the old one is not put in use.
    expect(await restore(story.billerId)).toMatchObject({ status: 422, body: { code: 'secret_not_accepted' } });
    expect(await pays(story)).toBe(true);
    await acceptKey(story.billerGuid, old);
    expect(await pays(story)).toBe(false);
    expect(await restore(story.billerId)).toMatchObject({ status: 200, body: { version: 1, current: true } });
    expect(await pays(story)).toBe(true);
  });

  test('is checked without being stored', async () => {
    const story = await newStory();
    const check = (key: string) => ask('POST', `/billers/${story.billerId}/api-key/check`, { key });
    const wrong = newSecret();
    expect(await check(wrong)).toMatchObject({ status: 200, body: { result: 'refused' } });
    expect(await check(story.invoiceCloudKey)).toMatchObject({ status: 200, body: { result: 'accepted' } });
    await story.fault({ operation: 'biller-status', kind: 'status', status: 503, times: 3 });
    expect(await check(story.invoiceCloudKey)).toMatchObject({ status: 200, body: { result: 'unknown' } });
    expect(await versions(story.billerId)).toHaveLength(1);
    expect(await pays(story)).toBe(true);
  });

  test('takes over by force alone where Invoice Cloud can’t be asked', async () => {
    const invoiceCloudUrl = `http://127.0.0.1:${await freePort()}`;
    const { billerId } = await newStory({ invoiceCloudUrl, invoiceCloudKey: null });
    const key = newSecret();
    expect(await put(billerId, { key })).toMatchObject({ status: 422, body: { code: 'secret_not_accepted' } });
    expect(await versions(billerId)).toEqual([]);
    expect((await put(billerId, { key, force: true })).status).toBe(200);
  });

  test('that was swapped with another biller’s in the rows does not open, and is set anew', async () => {
    const [one, two] = [await newStory(), await newStory()];
    await db().rows(
      `update invoice_cloud_keys k set sealed = o.sealed from invoice_cloud_keys o
       where k.biller_id = any($1) and o.biller_id = any($1) and o.biller_id <> k.biller_id`,
      [[one.billerId, two.billerId]],
    );
    for (const story of [one, two]) {
      const counts = [(await one.requests()).length, (await two.requests()).length];
      const answer = await story.ask();
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(answer.text).not.toContain(story.invoiceCloudKey);
      expect([(await one.requests()).length, (await two.requests()).length]).toEqual(counts);
      // The way out must not need what can't be opened.
      expect((await put(story.billerId, { key: story.invoiceCloudKey })).status).toBe(200);
      expect(await pays(story)).toBe(true);
    }
  });

  test('that stands under the other kind does not open there', async () => {
    const story = await newStory();
    await put(story.billerId, { key: story.invoiceCloudKey }, 'web-service-key');
    await db().rows(
      `update invoice_cloud_keys k set sealed = o.sealed from invoice_cloud_keys o
       where k.biller_id = $1 and k.kind = 'api-key' and o.biller_id = $1 and o.kind = 'web-service-key'`,
      [story.billerId],
    );
    expect(await pays(story)).toBe(false);
  });

  test('is another one than the Web Service Key', async () => {
    const story = await newStory();
    expect((await put(story.billerId, { key: newSecret() }, 'web-service-key')).body.version).toBe(1);
    expect(await pays(story)).toBe(true);
  });

  test('is not the Web Service Key, which is checked by asking for an invoice', async () => {
    const invoiceCloud = await soapService();
    const { billerId } = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const check = (key: string) => ask('POST', `/billers/${billerId}/web-service-key/check`, { key });
    expect((await check(invoiceCloud.key)).body).toMatchObject({ result: 'accepted' });
    const refused = await check(newSecret());
    expect(refused).toMatchObject({ status: 200, body: { result: 'refused' } });
    invoiceCloud.soap(404);
    expect((await check(invoiceCloud.key)).body).toMatchObject({ result: 'unknown' });
    expect(await versions(billerId, 'web-service-key')).toEqual([]);
    // How it is refused is assumed, so that a refusal keeps no key out.
    expect((await put(billerId, { key: newSecret() }, 'web-service-key')).status).toBe(200);
  });
});
