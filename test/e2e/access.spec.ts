import { admin, api, type Json } from '../support/api.js';
import { closeDb, db } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { PUBLIC_ROUTES } from '../support/public-routes.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newKey, newStory } from '../support/story.js';

afterAll(closeDb);

const ADMIN_KEY = stage.settings['ADMIN_KEY'];

const OF_THE_CALLER = ['GET /v1/deliveries', 'POST /v1/deliveries/replay'];

interface Route {
  readonly name: string;
  readonly method: string;
  readonly template: string;
}

async function routes(): Promise<Route[]> {
  const { body } = await api({ path: '/docs-json' });
  return Object.entries(body.paths).flatMap(([template, operations]) =>
    Object.keys(operations as Json).map((method) => ({
      name: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      template,
    })),
  );
}

describe('every route of the platform', () => {
  test('refuses a caller without a key, but for the public ones', async () => {
    const open: string[] = [];
    for (const { name, method, template } of await routes()) {
      const path = template.replaceAll(/\{[^}]+\}/g, '0192a000-0000-7000-8000-000000000000');
      const answer = await api({ method, path, ...(method !== 'GET' && { body: {} }) });
      if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toBeTruthy();
      else open.push(name);
    }
    expect(open.sort()).toEqual([...PUBLIC_ROUTES].sort());
  });

  test.each([
    ['an unknown key', 'bb_test_' + '0'.repeat(38)],
    ['a key of another form', 'sk_live_4242'],
    ['an empty key', ' '],
    ['a very long key', 'x'.repeat(5_000)],
  ])('refuses %s', async (_, key) => {
    const open: string[] = [];
    for (const { name, method, template } of await routes()) {
      const path = template.replaceAll(/\{[^}]+\}/g, '0192a000-0000-7000-8000-000000000000');
      const { status } = await api({ method, path, key, ...(method !== 'GET' && { body: {} }) });
      if (status !== 401) open.push(name);
    }
    expect(open.sort()).toEqual([...PUBLIC_ROUTES].sort());
  });

  test('refuses a foreign partner’s key, on this partner’s own biller, payment and partner', async () => {
    const own = await newStory();
    const { id } = await own.open();
    // Bound to no biller: what keeps it out is the partner alone.
    const foreign = await newKey((await newStory()).partner);
    const parameters: Record<string, string> = {
      '{billerId}': own.billerId,
      '{id}': id,
      '{partnerId}': own.partner.id,
      '{settingId}': '36',
    };
    const before = await own.paymentsStored();
    const admitted: string[] = [];
    for (const { name, method, template } of await routes()) {
      if (PUBLIC_ROUTES.includes(name)) continue;
      const path = template.replaceAll(/\{[^}]+\}/g, (parameter) => parameters[parameter] ?? 'unknown');
      const body = template.startsWith('/v1') ? sampleRequest() : {};
      const { status } = await api({ method, path, key: foreign, ...(method !== 'GET' && { body }) });
      // Without an id in the path they show the caller its own; test/e2e/relay/replays.spec.ts says whose that is.
      if (OF_THE_CALLER.includes(name)) continue;
      if (![401, 403, 404].includes(status)) admitted.push(`${name} ${status}`);
    }
    expect(admitted).toEqual([]);
    expect(await own.paymentsStored()).toBe(before);
    expect(await own.requests()).toHaveLength(1);
  });

  test('answers every refusal as a problem document', async () => {
    const { status, headers, body } = await api({ path: '/admin/v1/partners' });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      type: 'urn:billbridge:error:unauthenticated',
      title: expect.any(String),
      status: 401,
      code: 'unauthenticated',
      detail: expect.any(String),
      requestId: expect.any(String),
    });
    expect(headers.get('x-request-id')).toBe(body.requestId);
  });
});

describe('a partner key', () => {
  test('of another partner, bound to a biller or not, finds neither the biller nor its payments', async () => {
    const own = await newStory();
    const { id } = await own.open();
    const other = await newStory();
    for (const key of [other.key, await newKey(other.partner)]) {
      for (const path of ['', `/${id}`, `/${id}/events`]) {
        const { status, body } = await api({ path: own.path + path, key });
        expect(status).toBe(404);
        expect(body.code).toBe('biller_not_found');
      }
      const post = await api({ path: own.path, key, body: sampleRequest() });
      expect(post.status).toBe(404);
      // The answer for what exists is the answer for what does not.
      const nowhere = await api({ path: own.path.replace(own.billerId, crypto.randomUUID()), key });
      expect({ ...nowhere.body, requestId: '' }).toEqual({
        ...(await api({ path: own.path, key })).body,
        requestId: '',
      });
    }
    expect(await own.requests()).toHaveLength(1);
    expect(await own.paymentsStored()).toBe(1);
  });

  test('finds another biller’s payment under no biller of its own', async () => {
    const one = await newStory();
    const two = await newStory({ partner: one.partner });
    const { id } = await one.open();
    const key = await newKey(one.partner);
    for (const path of [`/${id}`, `/${id}/events`]) {
      const { status, body } = await api({ path: two.path + path, key });
      expect(status).toBe(404);
      expect(body.code).toBe('payment_not_found');
      expect((await api({ path: one.path + path, key })).status).toBe(200);
    }
    expect((await api({ path: two.path, key })).body.data).toEqual([]);
  });

  test('that is bound to one biller does not open another of the same partner', async () => {
    const one = await newStory();
    const two = await newStory({ partner: one.partner });
    expect((await api({ path: two.path, key: one.key })).status).toBe(404);
  });

  test('of the wrong mode is refused, either way', async () => {
    const test = await newStory();
    const live = await newStory({ partner: test.partner, mode: 'live' });
    const [testKey, liveKey] = [await newKey(test.partner), await newKey(test.partner, { mode: 'live' })];
    expect(testKey).toMatch(/^bb_test_/);
    expect(liveKey).toMatch(/^bb_live_/);
    for (const [story, key] of [
      [test, liveKey],
      [live, testKey],
    ] as const) {
      const answer = await api({ path: story.path, key, body: sampleRequest() });
      expect(answer.status).toBe(403);
      expect(answer.body.code).toBe('mode_mismatch');
      expect(await story.requests()).toEqual([]);
    }
    expect((await api({ path: live.path, key: liveKey, body: sampleRequest() })).status).toBe(201);
  });

  test('without the scope is refused by name', async () => {
    const story = await newStory();
    const reader = await newKey(story.partner, { scopes: ['cloud-pay:read'] });
    const writer = await newKey(story.partner, { scopes: ['cloud-pay:write'], billerId: story.billerId });
    const none = await newKey(story.partner, { scopes: ['sso:read'], billerId: story.billerId });
    for (const key of [reader, none]) {
      const post = await api({ path: story.path, key, body: sampleRequest() });
      expect(post).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(post.body.detail).toContain('cloud-pay:write');
    }
    for (const key of [writer, none]) {
      for (const path of ['', `/${crypto.randomUUID()}`, `/${crypto.randomUUID()}/events`]) {
        expect((await api({ path: story.path + path, key })).status).toBe(403);
      }
    }
    expect((await api({ path: story.path, key: reader })).status).toBe(200);
    expect((await api({ path: story.path, key: writer, body: sampleRequest() })).status).toBe(201);
    const dropIn = await api({ path: '/cloudpaymentsapi/v2', key: none, body: sampleRequest() });
    expect(dropIn).toMatchObject({ status: 403, body: { Data: null, Code: 'forbidden' } });
  });

  test('that has expired, or was revoked, is refused', async () => {
    const story = await newStory();
    const keyed = { path: story.path, key: story.key };
    expect((await api(keyed)).status).toBe(200);
    const set = (column: string, value: string) =>
      db().rows(`update partner_keys set ${column} = ${value} where biller_ids = array[$1::uuid]`, [story.billerId]);
    // Written past the platform, so that it hears of it some milliseconds later.
    const answers = (status: number) => eventually(`${status}`, async () => (await api(keyed)).status === status);
    await set('expires_at', `now() - interval '1 second'`);
    await answers(401);
    await set('expires_at', `now() + interval '1 hour'`);
    await answers(200);
    await set('revoked_at', 'now()');
    await answers(401);
    const refused = await api(keyed);
    expect(refused.status).toBe(401);
    expect(refused.body.detail).toContain('revoked');
    expect((await story.askDropIn()).status).toBe(401);
  });

  test('with one letter changed is none', async () => {
    const { key, path } = await newStory();
    const changed = key.slice(0, 20) + (key[20] === 'a' ? 'b' : 'a') + key.slice(21);
    expect((await api({ path, key: changed })).status).toBe(401);
    expect((await api({ path, key: `${key}x` })).status).toBe(401);
    expect((await api({ path, key: key.toUpperCase() })).status).toBe(401);
  });

  test('opens no administrator route', async () => {
    const story = await newStory();
    const answer = await api({ path: '/admin/v1/partners', key: story.key });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('is stored as its digest alone, and shown once', async () => {
    const story = await newStory();
    const rows = await db().rows(
      'select partner_keys::text as whole from partner_keys where biller_ids = array[$1::uuid]',
      [story.billerId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.['whole']).not.toContain(story.key);
  });
});

describe('the administrator key', () => {
  test('opens no partner route', async () => {
    const story = await newStory();
    const v1 = await api({ path: story.path, key: ADMIN_KEY, body: sampleRequest() });
    expect(v1).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(v1.body.detail).toContain('administrator');
    const dropIn = await api({ path: '/cloudpaymentsapi/v2', key: ADMIN_KEY, body: sampleRequest() });
    expect(dropIn).toMatchObject({ status: 403, body: { Data: null } });
  });

  test('with a letter more or less is none', async () => {
    for (const key of [`${ADMIN_KEY}x`, ADMIN_KEY?.slice(0, -1), ADMIN_KEY?.toUpperCase()]) {
      expect((await api({ path: '/admin/v1/partners', key })).status).toBe(401);
    }
  });

  test('administers: what was created is read back, secrets are not', async () => {
    const story = await newStory({ returnUrl: 'https://example.com/return' });
    const biller = await admin('GET', `/billers/${story.billerId}`);
    expect(biller).toMatchObject({
      id: story.billerId,
      billerGuid: story.billerGuid,
      apiKey: { lastFour: story.invoiceCloudKey.slice(-4), version: 1 },
      // Other tests define settings beside it.
      settings: expect.arrayContaining([
        expect.objectContaining({ settingId: 36, value: 'https://example.com/return', source: 'biller' }),
      ]),
    });
    expect(JSON.stringify(biller)).not.toContain(story.invoiceCloudKey);
    const listed = await admin('GET', `/billers?partnerId=${story.partner.id}`);
    expect(listed.data).toHaveLength(1);
    const partners = await admin('GET', '/partners');
    expect(JSON.stringify(partners)).not.toContain('whsec_');
    expect(partners.data).toEqual(expect.arrayContaining([expect.objectContaining({ id: story.partner.id })]));
  });

  test('replaces an API key of Invoice Cloud, which is used from then on', async () => {
    const story = await newStory();
    await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: 'a-wrong-key-0123456789', force: true });
    expect(await story.ask()).toMatchObject({ status: 502, body: { code: 'invoice_cloud_key_refused' } });
    const { version } = await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: story.invoiceCloudKey });
    expect(version).toBe(3);
    expect((await story.ask()).status).toBe(201);
  });

  test.each<[string, string, string, unknown, number]>([
    ['a partner without a name', 'POST', '/partners', {}, 400],
    ['a partner with an empty name', 'POST', '/partners', { name: '' }, 400],
    ['an unknown field', 'POST', '/partners', { name: crypto.randomUUID(), admin: true }, 400],
    ['a zero byte', 'POST', '/partners', { name: 'a\u0000b' }, 400],
    ['a list', 'POST', '/partners', '[]', 400],
    ['null', 'POST', '/partners', 'null', 400],
    ['a text', 'POST', '/partners', '"LeadsOnline"', 400],
    ['a number', 'POST', '/partners', '5', 400],
    ['a list with a partner in it', 'POST', '/partners', '[{"name":"in a list"}]', 400],
    ['a biller without a partner', 'POST', '/billers', { name: 'x' }, 400],
    [
      'a biller of nobody',
      'POST',
      '/billers',
      { partnerId: crypto.randomUUID(), name: 'x', dba: 'x', billerGuid: crypto.randomUUID(), mode: 'test' },
      404,
    ],
    ['a key of nobody', 'POST', `/partners/${crypto.randomUUID()}/keys`, { name: 'x', mode: 'test' }, 404],
    ['an id that is none', 'GET', '/billers/1', undefined, 400],
    ['a biller that is none', 'GET', `/billers/${crypto.randomUUID()}`, undefined, 404],
  ])('gets a problem for %s', async (_, method, path, body, status) => {
    const answer = await api({
      method,
      path: `/admin/v1${path}`,
      key: ADMIN_KEY,
      body,
      ...(typeof body === 'string' && { headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test.each<[string, string, unknown, number]>([
    ['a pasted line break', 'api-key', { apiKey: 'abcdefgh\nijkl' }, 400],
    ['a short key', 'api-key', { apiKey: 'abc' }, 400],
    ['no key', 'api-key', {}, 400],
    ['a setting that is no URL', 'settings/36', { value: 'javascript:alert(1)' }, 400],
    ['a setting of the private network', 'settings/36', { value: 'https://192.168.0.1/' }, 400],
    ['a setting that does not exist', 'settings/37', { value: 'https://example.com/' }, 404],
    ['a setting that is no number', 'settings/x', { value: 'https://example.com/' }, 400],
    ['a setting beyond all numbers', 'settings/99999999999', { value: 'https://example.com/' }, 400],
  ])('can’t set for a biller: %s', async (_, path, body, status) => {
    const story = await newStory();
    const answer = await api({
      method: 'PUT',
      path: `/admin/v1/billers/${story.billerId}/${path}`,
      key: ADMIN_KEY,
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('abcdefgh');
  });

  test('can’t give two billers one BillerGUID, nor two partners one name', async () => {
    const story = await newStory();
    const taken = { partnerId: story.partner.id, name: 'x', dba: 'x', billerGuid: story.billerGuid, mode: 'test' };
    const biller = await api({ path: '/admin/v1/billers', key: ADMIN_KEY, body: taken });
    expect(biller).toMatchObject({ status: 409, body: { code: 'biller_guid_taken' } });
    const { name } = (await admin('GET', '/partners')).data[0];
    const partner = await api({ path: '/admin/v1/partners', key: ADMIN_KEY, body: { name } });
    expect(partner).toMatchObject({ status: 409, body: { code: 'partner_name_taken' } });
  });

  test('can’t bind a key to another partner’s biller, or to one of the other mode', async () => {
    const [one, other] = [await newStory(), await newStory()];
    const path = `/admin/v1/partners/${one.partner.id}/keys`;
    const foreign = await api({ path, key: ADMIN_KEY, body: { name: 'x', mode: 'test', billerId: other.billerId } });
    expect(foreign).toMatchObject({ status: 400, body: { errors: [{ field: 'billerIds' }] } });
    const live = await api({ path, key: ADMIN_KEY, body: { name: 'x', mode: 'live', billerId: one.billerId } });
    expect(live).toMatchObject({ status: 400, body: { errors: [{ field: 'mode' }] } });
  });
});
