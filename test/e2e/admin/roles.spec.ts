import { ADMIN_KEY, allRoutes, ask, newAdminKey, newSecret, NOBODY, type Route } from '../../support/administration.js';
import { api } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { PUBLIC_ROUTES } from '../../support/public-routes.js';
import { newStory } from '../../support/story.js';

afterAll(closeDb);

/** Whatever shows a secret, makes an administrator, or lets a payer pay twice. */
const OWNERS_ALONE = [
  'POST /admin/v1/partners',
  'POST /admin/v1/partners/{partnerId}/webhook-secret',
  'POST /admin/v1/partners/{partnerId}/keys',
  'POST /admin/v1/partners/{partnerId}/keys/{keyId}/roll',
  'POST /admin/v1/admin-keys',
  'POST /admin/v1/admin-keys/{keyId}/roll',
  'POST /admin/v1/admin-keys/{keyId}/revoke',
  'POST /admin/v1/import',
  'DELETE /admin/v1/spools/{spoolId}',
];

/** POST, and yet nothing is changed by them. */
const READING = ['POST /admin/v1/billers/{billerId}/check'];

const CALLERS = ['none', 'garbage', 'partner', 'auditor', 'operator', 'owner', 'ADMIN_KEY'] as const;
type Caller = (typeof CALLERS)[number];
type Verdict = 'admitted' | 401 | 403;

function expected({ name, method, template }: Route, caller: Caller): Verdict {
  if (PUBLIC_ROUTES.includes(name)) return 'admitted';
  if (caller === 'none' || caller === 'garbage') return 401;
  if (!template.startsWith('/admin/')) return caller === 'partner' ? 'admitted' : 403;
  if (caller === 'partner') return 403;
  if (caller === 'auditor') return method === 'GET' || READING.includes(name) ? 'admitted' : 403;
  if (caller === 'operator') return OWNERS_ALONE.includes(name) ? 403 : 'admitted';
  return 'admitted';
}

describe('every route, with every kind of caller', () => {
  test('admits whom it is for, and nobody else', async () => {
    const story = await newStory();
    const keys: Record<Caller, string | undefined> = {
      none: undefined,
      garbage: newSecret(),
      partner: story.key,
      auditor: (await newAdminKey('auditor')).key,
      operator: (await newAdminKey('operator')).key,
      owner: (await newAdminKey('owner')).key,
      ADMIN_KEY,
    };
    const found: Record<string, Record<string, Verdict>> = {};
    const wanted: typeof found = {};
    const failed: string[] = [];
    for (const route of await allRoutes()) {
      const verdicts: Record<string, Verdict> = (found[route.name] = {});
      wanted[route.name] = Object.fromEntries(CALLERS.map((caller) => [caller, expected(route, caller)]));
      for (const caller of CALLERS) {
        const path = route.template.replaceAll(/\{[^}]+\}/g, (name) => (name === '{settingId}' ? '36' : NOBODY));
        const body = route.method === 'GET' ? undefined : {};
        const { status } = await api({ method: route.method, path, key: keys[caller], body });
        if (status >= 500) failed.push(`${route.name} as ${caller}: ${status}`);
        verdicts[caller] = status === 401 || status === 403 ? status : 'admitted';
      }
    }
    expect(found).toEqual(wanted);
    expect(failed).toEqual([]);
    // Nobody's request came so far as to make something.
    expect(await db().count(`from audit_events where target like $1`, [`%${NOBODY}`])).toBe(0);
  });

  test('has no route in the lists above that is gone', async () => {
    const names = (await allRoutes()).map(({ name }) => name);
    expect(READING.filter((name) => !names.includes(name))).toEqual([]);
    const later = ['POST /admin/v1/import'];
    expect(OWNERS_ALONE.filter((name) => !names.includes(name) && !later.includes(name))).toEqual([]);
  });
});

describe('an administrator key', () => {
  test('is shown once, stored as its digest, and tells who used it when', async () => {
    const { id, key } = await newAdminKey('auditor');
    expect(key).toMatch(/^bb_admin_[0-9A-Za-z]{38}$/);
    const listed = async () => (await ask('GET', '/admin-keys')).body.data.find((one: { id: string }) => one.id === id);
    expect(await listed()).toMatchObject({ role: 'auditor', lastFour: key.slice(-4), lastUsedAt: null });
    expect((await ask('GET', '/partners', undefined, { key })).status).toBe(200);
    expect(Date.parse((await listed()).lastUsedAt)).toBeGreaterThan(Date.now() - 60_000);
    expect((await ask('GET', '/admin-keys')).text).not.toContain(key);
    const [row] = await db().rows('select admin_keys::text as whole from admin_keys where id = $1', [id]);
    expect(row?.['whole']).not.toContain(key);
  });

  test('says by name which role is missing', async () => {
    const { key } = await newAdminKey('operator');
    const { status, body } = await ask('POST', '/partners', { name: 'x' }, { key });
    expect(status).toBe(403);
    expect(body.detail).toMatch(/owner.*operator/);
  });

  test('ends when it is revoked or expires, and is refused from elsewhere', async () => {
    const read = async (key: string) => (await ask('GET', '/partners', undefined, { key })).status;
    const { id, key } = await newAdminKey('auditor');
    expect(await read(key)).toBe(200);
    expect((await ask('POST', `/admin-keys/${id}/revoke`)).body.revokedAt).not.toBeNull();
    expect(await read(key)).toBe(401);

    const ending = await newAdminKey('auditor', { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await read(ending.key)).toBe(200);
    await db().rows(`update admin_keys set expires_at = now() - interval '1 second' where id = $1`, [ending.id]);
    expect(await read(ending.key)).toBe(401);

    expect(await read((await newAdminKey('auditor', { allowedIps: ['203.0.113.0/24'] })).key)).toBe(401);
    expect(await read((await newAdminKey('auditor', { allowedIps: ['203.0.113.0/24', '127.0.0.1'] })).key)).toBe(200);
  });

  test('is rolled: the old one goes on for the overlap, or ends at once', async () => {
    const read = async (key: string) => (await ask('GET', '/partners', undefined, { key })).status;
    const old = await newAdminKey('operator', { allowedIps: ['127.0.0.0/8'] });
    const next = await ask('POST', `/admin-keys/${old.id}/roll`, { overlapHours: 24 });
    expect(next).toMatchObject({
      status: 201,
      body: { role: 'operator', allowedIps: ['127.0.0.0/8'], rolledFrom: old.id, expiresAt: null },
    });
    expect([await read(old.key), await read(next.body.key)]).toEqual([200, 200]);
    const last = await ask('POST', `/admin-keys/${next.body.id}/roll`, { overlapHours: 0 });
    expect([await read(next.body.key), await read(last.body.key)]).toEqual([401, 200]);
    for (const overlapHours of [-1, 169, 1.5, '24', null]) {
      expect(await ask('POST', `/admin-keys/${last.body.id}/roll`, { overlapHours })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'overlapHours' }] },
      });
    }
  });

  test.each([
    ['a role that is none', { role: 'root' }, 'role'],
    ['no role', { role: undefined }, 'role'],
    ['an address that is none', { allowedIps: ['10.0.0.0/33'] }, 'allowedIps'],
    ['an end that is no time', { expiresAt: 'tomorrow' }, 'expiresAt'],
    ['an empty name', { name: ' ' }, 'name'],
  ])('is not made with %s', async (_, wrong, field) => {
    const answer = await ask('POST', '/admin-keys', { name: 'x', role: 'auditor', ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('that is unknown can be neither rolled nor revoked', async () => {
    for (const verb of ['roll', 'revoke']) {
      expect(await ask('POST', `/admin-keys/${NOBODY}/${verb}`, {})).toMatchObject({
        status: 404,
        body: { code: 'admin_key_not_found' },
      });
    }
  });
});
