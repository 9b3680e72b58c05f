import { randomUUID } from 'node:crypto';
import { ask, newAdminKey, NOBODY } from '../../support/administration.js';
import { api, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { type Platform, startPlatform, stopPlatforms } from '../../support/platform.js';
import { sampleRequest } from '../../support/sample.js';
import { newStory, type Story } from '../../support/story.js';

let second: Platform;
beforeAll(async () => {
  second = await startPlatform();
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const make = ({ partner }: Story, wanted: object = {}) =>
  ask('POST', `/partners/${partner.id}/keys`, { name: 'test', mode: 'test', ...wanted });
const does = ({ partner }: Story, id: string, verb: string, body?: object) =>
  ask('POST', `/partners/${partner.id}/keys/${id}/${verb}`, body);
const reads = async (story: Story, key: string, url?: string) => (await api({ path: story.path, key, url })).status;
const pays = async (story: Story, key: string) => (await api({ path: story.path, key, body: sampleRequest() })).status;
const listed = async ({ partner }: Story, id: string): Promise<Json> =>
  (await ask('GET', `/partners/${partner.id}/keys`)).body.data.find((one: Json) => one.id === id);

describe('a partner key', () => {
  test('is shown once, and tells of itself afterwards', async () => {
    const story = await newStory();
    const wanted = {
      name: 'production backend',
      mode: 'test',
      billerIds: [story.billerId],
      scopes: ['cloud-pay:read', 'sso:read'],
      allowedIps: ['127.0.0.0/8', '2001:db8::/32'],
      expiresAt: '2099-12-31T00:00:00.000Z',
    };
    const { status, body } = await make(story, wanted);
    expect(status).toBe(201);
    const { key, ...view } = body;
    expect(key).toMatch(/^bb_test_[0-9A-Za-z]{38}$/);
    expect(view).toEqual({
      ...wanted,
      id: expect.any(String),
      partnerId: story.partner.id,
      lastFour: key.slice(-4),
      createdAt: expect.any(String),
      revokedAt: null,
      lastUsedAt: null,
      rolledFrom: null,
    });
    expect(await listed(story, body.id)).toEqual(view);
    for (const path of [
      `/partners/${story.partner.id}/keys`,
      `/partners`,
      `/audit-events?target=partner-key:${body.id}`,
    ]) {
      const { text } = await ask('GET', path);
      expect(text).not.toContain(key.slice(8, -4));
    }
  });

  test('does what its scopes say at the billers it names, in its mode, and nothing else', async () => {
    const one = await newStory();
    const two = await newStory({ partner: one.partner });
    const three = await newStory({ partner: one.partner });
    const live = await newStory({ partner: one.partner, mode: 'live' });
    const stories = [one, two, three, live];
    const billerIds = [one.billerId, two.billerId];
    const table = [
      [{}, [200, 200, 200, 403], [201, 201, 201, 403]],
      [{ billerIds }, [200, 200, 404, 404], [201, 201, 404, 404]],
      [{ billerId: one.billerId }, [200, 404, 404, 404], [201, 404, 404, 404]],
      [{ scopes: ['cloud-pay:read'] }, [200, 200, 200, 403], [403, 403, 403, 403]],
      [{ billerIds, scopes: ['cloud-pay:write'] }, [403, 403, 403, 403], [201, 201, 404, 404]],
      [{ scopes: ['sso:read', 'sso:write'] }, [403, 403, 403, 403], [403, 403, 403, 403]],
      [{ mode: 'live' }, [403, 403, 403, 200], [403, 403, 403, 201]],
      [{ mode: 'live', billerIds: [live.billerId] }, [404, 404, 404, 200], [404, 404, 404, 201]],
    ] as const;
    for (const [wanted, reading, paying] of table) {
      const { key } = (await make(one, wanted)).body;
      const found = { reading: [] as number[], paying: [] as number[] };
      for (const story of stories) {
        found.reading.push(await reads(story, key));
        found.paying.push(await pays(story, key));
      }
      expect([wanted, found]).toEqual([wanted, { reading, paying }]);
    }
  });

  test('of test mode does not touch a live biller, and that is said', async () => {
    const live = await newStory({ mode: 'live' });
    const { key } = (await make(live)).body;
    const answer = await api({ path: live.path, key, body: sampleRequest() });
    expect(answer).toMatchObject({ status: 403, body: { code: 'mode_mismatch' } });
    expect(await live.requests()).toEqual([]);
  });

  test.each([
    [[], 200],
    [['127.0.0.1'], 200],
    [['127.0.0.0/8'], 200],
    [['203.0.113.0/24', '127.0.0.1/32'], 200],
    [['::ffff:127.0.0.1'], 200],
    [['203.0.113.0/24'], 401],
    [['127.0.0.2'], 401],
    [['::1'], 401],
    [['::/0'], 401],
  ])('that works from %j answers %d here', async (allowedIps, status) => {
    const story = await newStory();
    const { key } = (await make(story, { allowedIps })).body;
    expect(await reads(story, key)).toBe(status);
    // What a caller says of itself is not where it is.
    const headers = { 'x-forwarded-for': '203.0.113.5, 127.0.0.2' };
    expect((await api({ path: story.path, key, headers })).status).toBe(status);
  });

  test('is told of when it was last used, to the minute', async () => {
    const story = await newStory();
    const { id, key } = (await make(story)).body;
    expect((await listed(story, id)).lastUsedAt).toBeNull();
    await reads(story, key);
    const first = (await listed(story, id)).lastUsedAt;
    expect(Math.abs(Date.now() - Date.parse(first))).toBeLessThan(60_000);
    await reads(story, key);
    expect((await listed(story, id)).lastUsedAt).toBe(first);
    await db().rows(`update partner_keys set last_used_at = now() - interval '2 minutes' where id = $1`, [id]);
    // By a process that has not just seen it.
    await reads(story, key, second.url);
    expect(Date.parse((await listed(story, id)).lastUsedAt)).toBeGreaterThanOrEqual(Date.parse(first));
  });

  test.each<[string, object, string]>([
    ['no mode', { mode: undefined }, 'mode'],
    ['a mode that is none', { mode: 'prod' }, 'mode'],
    ['a scope that is none', { scopes: ['admin'] }, 'scopes'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['a scope twice', { scopes: ['sso:read', 'sso:read'] }, 'scopes'],
    ['no biller', { billerIds: [] }, 'billerIds'],
    ['a biller that is none', { billerIds: ['x'] }, 'billerIds'],
    ['an address that is none', { allowedIps: ['example.com'] }, 'allowedIps'],
    ['a range that is none', { allowedIps: ['10.0.0.0/33'] }, 'allowedIps'],
    ['an end that is none', { expiresAt: '2026-02-30' }, 'expiresAt'],
    ['an end of null', { expiresAt: null }, 'expiresAt'],
    ['a name of spaces', { name: ' ' }, 'name'],
    ['a name with half a surrogate', { name: 'a\ud800' }, 'name'],
  ])('is not made with %s', async (_, wrong, field) => {
    const story = await newStory();
    const answer = await make(story, wrong);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect((await ask('GET', `/partners/${story.partner.id}/keys`)).body.data).toHaveLength(1);
  });
});

describe('the end of a partner key', () => {
  test('is at once where it is rolled without an overlap, and later with one', async () => {
    const story = await newStory();
    const wanted = { billerIds: [story.billerId], scopes: ['cloud-pay:read'], allowedIps: ['127.0.0.1'] };
    const first = (await make(story, wanted)).body;
    const next = await does(story, first.id, 'roll', { overlapHours: 24 });
    expect(next).toMatchObject({
      status: 201,
      body: { ...wanted, mode: 'test', rolledFrom: first.id, expiresAt: null },
    });
    expect([await reads(story, first.key), await reads(story, next.body.key)]).toEqual([200, 200]);
    const hours = (Date.parse((await listed(story, first.id)).expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
    await db().rows(`update partner_keys set expires_at = now() - interval '1 second' where id = $1`, [first.id]);
    // Written past the platform, which hears of it some milliseconds later.
    await eventually('it has heard', async () => (await reads(story, first.key)) === 401);

    const last = await does(story, next.body.id, 'roll', { overlapHours: 0 });
    expect([await reads(story, next.body.key), await reads(story, last.body.key)]).toEqual([401, 200]);
    for (const overlapHours of [-1, 169, 0.5, '1', null]) {
      expect((await does(story, last.body.id, 'roll', { overlapHours })).status).toBe(400);
    }
    expect(await reads(story, last.body.key)).toBe(200);
  });

  test('that was nearer already is not moved away by rolling or expiring', async () => {
    const story = await newStory();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const one = (await make(story, { expiresAt })).body;
    const later = new Date(Date.now() + 86_400_000).toISOString();
    expect((await does(story, one.id, 'expire', { at: later })).body.expiresAt).toBe(expiresAt);
    await does(story, one.id, 'roll', { overlapHours: 168 });
    expect((await listed(story, one.id)).expiresAt).toBe(expiresAt);
  });

  test('is when an administrator says', async () => {
    const story = await newStory();
    const { id, key } = (await make(story)).body;
    const at = new Date(Date.now() + 3_600_000).toISOString();
    expect(await does(story, id, 'expire', { at })).toMatchObject({ status: 200, body: { id, expiresAt: at } });
    expect(await reads(story, key)).toBe(200);
    const past = new Date(Date.now() - 1_000).toISOString();
    expect((await does(story, id, 'expire', { at: past })).body.expiresAt).toBe(past);
    expect(await reads(story, key)).toBe(401);
    for (const wrong of [{}, { at: 'now' }, { at: null }, { at: '2026-02-30' }]) {
      expect(await does(story, id, 'expire', wrong)).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'at' }] },
      });
    }
  });

  test('by revoking is in force on another process within a second', async () => {
    const story = await newStory();
    const { id, key } = (await make(story)).body;
    expect(await reads(story, key, second.url)).toBe(200);
    expect(await reads(story, key)).toBe(200);
    const revoked = await does(story, id, 'revoke');
    expect(revoked).toMatchObject({ status: 200, body: { id, revokedAt: expect.any(String) } });
    await eventually('the other process refuses it', async () => (await reads(story, key, second.url)) === 401, 1_000);
    expect(await reads(story, key)).toBe(401);
    // Revoking twice is no error, and does not move the time.
    expect((await does(story, id, 'revoke')).body.revokedAt).toBe(revoked.body.revokedAt);
  });

  test('of an administrator’s key is in force on another process within a second', async () => {
    const { id, key } = await newAdminKey('auditor');
    const by = { key, url: second.url };
    expect((await ask('GET', '/partners', undefined, by)).status).toBe(200);
    await ask('POST', `/admin-keys/${id}/revoke`);
    const refused = async () => (await ask('GET', '/partners', undefined, by)).status === 401;
    await eventually('the other process refuses it', refused, 1_000);
  });

  test('is not undone: a revoked key is not rolled into one that works', async () => {
    const story = await newStory();
    const { id } = (await make(story)).body;
    await does(story, id, 'revoke');
    const answer = await does(story, id, 'roll', { overlapHours: 1 });
    expect(answer.status).toBe(409);
    expect((await ask('GET', `/partners/${story.partner.id}/keys`)).body.data).toHaveLength(2);
  });

  test('is not found under another partner', async () => {
    const [story, other] = [await newStory(), await newStory()];
    const { id, key } = (await make(story)).body;
    for (const [verb, body] of [
      ['revoke', undefined],
      ['roll', {}],
      ['expire', { at: '2026-01-01' }],
    ] as const) {
      expect(await does(other, id, verb, body)).toMatchObject({ status: 404, body: { code: 'partner_key_not_found' } });
      expect((await does(story, NOBODY, verb, body)).status).toBe(404);
    }
    expect(await reads(story, key)).toBe(200);
  });
});

describe('a partner', () => {
  test('has a name that no other has; its webhook secret is shown once and replaced', async () => {
    const name = `Partner ${randomUUID()}`;
    const made = await ask('POST', '/partners', { name });
    expect(made).toMatchObject({ status: 201, body: { name, webhookSecret: expect.stringMatching(/^whsec_/) } });
    expect((await ask('POST', '/partners', { name })).body.code).toBe('partner_name_taken');
    const rolled = await ask('POST', `/partners/${made.body.id}/webhook-secret`);
    expect(rolled.body.webhookSecret).toMatch(/^whsec_/);
    expect(rolled.body.webhookSecret).not.toBe(made.body.webhookSecret);
    expect((await ask('GET', '/partners')).text).not.toContain('whsec_');
    const [row] = await db().rows('select sealed from webhook_secrets where partner_id = $1', [made.body.id]);
    expect(row?.['sealed']).toMatch(/^v1\./);
    expect((await ask('POST', `/partners/${NOBODY}/webhook-secret`)).body.code).toBe('partner_not_found');
  });
});
