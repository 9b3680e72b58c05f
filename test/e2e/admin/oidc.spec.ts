import { ADMIN_KEY, ask, newAdminKey } from '../../support/administration.js';
import { api } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { Issuer, type TokenOptions } from '../../support/issuer.js';
import { freePort, type Platform, startPlatform, stopPlatforms } from '../../support/platform.js';
import { newStory } from '../../support/story.js';

let issuer: Issuer;
let platform: Platform;

const others: Issuer[] = [];
const anIssuer = async (): Promise<Issuer> => {
  const made = await Issuer.at(await freePort());
  others.push(made);
  return made;
};

const settingsFor = ({ url }: Issuer) => ({
  OIDC_ISSUER: url,
  OIDC_AUDIENCE: 'billbridge',
  OIDC_ROLE_CLAIM: 'groups',
  OIDC_ROLES: JSON.stringify({ 'bb-owners': 'owner', 'bb-ops': 'operator', 'bb-audit': 'auditor' }),
});

beforeAll(async () => {
  issuer = await Issuer.at(await freePort());
  await issuer.open();
  platform = await startPlatform(settingsFor(issuer));
});
afterAll(async () => {
  await Promise.all([issuer, ...others].map((one) => one.close()));
  await stopPlatforms();
  await closeDb();
});

const read = (key: string, url = platform.url) => ask('GET', '/partners', undefined, { key, url });
const token = (groups: unknown, options: TokenOptions = {}) => issuer.token({ claims: { groups }, ...options });

describe('a token of the issuer', () => {
  test.each<[unknown, number, number, number]>([
    ['bb-audit', 200, 403, 403],
    ['bb-ops', 200, 404, 403],
    ['bb-owners', 200, 404, 400],
    [['everyone', 'bb-audit'], 200, 403, 403],
    [['bb-audit', 'bb-owners', 'bb-ops'], 200, 404, 400],
    [['everyone'], 401, 401, 401],
    ['everyone', 401, 401, 401],
    ['owner', 401, 401, 401],
    ['constructor', 401, 401, 401],
    ['__proto__', 401, 401, 401],
    [[], 401, 401, 401],
    [{ 'bb-owners': true }, 401, 401, 401],
    [undefined, 401, 401, 401],
  ])('with the groups %j may read (%d), configure (%d) and own (%d)', async (groups, reads, configures, owns) => {
    const by = { key: await token(groups), url: platform.url };
    const activate = '/billers/0192a000-0000-7000-8000-000000000000/activate';
    expect((await read(by.key)).status).toBe(reads);
    expect((await ask('POST', activate, undefined, by)).status).toBe(configures);
    expect((await ask('POST', '/partners', {}, by)).status).toBe(owns);
  });

  test('that is as long as real ones are, with twenty groups and more, is taken', async () => {
    const groups = [...Array.from({ length: 30 }, (_, n) => `department-of-water-and-power-${n}`), 'bb-audit'];
    const long = await token(groups, { subject: 'x'.repeat(64) });
    expect(long.length).toBeGreaterThan(1_500);
    expect((await read(long)).status).toBe(200);
  });

  test('stands in the audit trail by its email, or by its subject', async () => {
    const { billerId } = await newStory();
    const set = (key: string) =>
      ask('PUT', `/billers/${billerId}/settings/36`, { value: 'https://example.com/' }, { key, url: platform.url });
    const groups = 'bb-ops';
    const answers = [
      await set(await issuer.token({ claims: { groups, email: 'jane@example.com' } })),
      await set(await issuer.token({ claims: { groups }, subject: 'subject-of-jane' })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const actors = await db().rows<{ actor: string }>(
      `select actor from audit_events where target = $1 and action = 'biller.set-setting' order by seq`,
      [`biller:${billerId}`],
    );
    expect(actors.map(({ actor }) => actor)).toEqual(['oidc jane@example.com', 'oidc subject-of-jane']);
  });

  test('opens no partner route', async () => {
    const { path } = await newStory();
    const answer = await api({ path, key: await token('bb-owners'), url: platform.url });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('is none where no issuer is configured', async () => {
    expect((await ask('GET', '/partners', undefined, { key: await token('bb-owners') })).status).toBe(401);
  });

  const owner = { groups: 'bb-owners' };
  test.each<[string, () => Promise<string> | string]>([
    ['of another issuer', () => token('bb-owners', { issuer: 'https://issuer.example.com' })],
    ['of the issuer with a slash', () => token('bb-owners', { issuer: `${issuer.url}/` })],
    ['for another audience', () => token('bb-owners', { audience: 'payroll' })],
    ['that has expired', () => token('bb-owners', { expiresIn: -120 })],
    ['that never expires', () => token('bb-owners', { expiresIn: null })],
    ['of nobody', () => token('bb-owners', { subject: null })],
    ['that is not valid yet', () => issuer.token({ claims: { ...owner, nbf: Math.trunc(Date.now() / 1000) + 600 } })],
    ['by a key that is not the issuer’s', () => token('bb-owners', { foreignKey: true })],
    ['by a key that nobody knows', () => token('bb-owners', { foreignKey: true, kid: 'two' })],
    ['signed with the public key as a secret', () => issuer.hmacToken({ claims: owner })],
    ['of the algorithm none', () => issuer.unsignedToken('none', { ...owner, aud: 'billbridge', sub: 'x' })],
    ['of the algorithm None', () => issuer.unsignedToken('None', { ...owner, aud: 'billbridge', sub: 'x' })],
    ['without its signature', () => issuer.unsignedToken('RS256', { ...owner, aud: 'billbridge', sub: 'x' })],
    [
      'of which the claims were exchanged',
      async () => {
        const [head, , signature] = (await token('bb-audit')).split('.');
        const [, claims] = (await token('bb-owners', { foreignKey: true })).split('.');
        return `${head}.${claims}.${signature}`;
      },
    ],
    ['of three dots and nothing', () => 'a.b.c'],
  ])('%s is refused', async (_, made) => {
    // What is refused is the one difference: with the same options and nothing wrong it would be let in.
    expect((await read(await token('bb-owners'))).status).toBe(200);
    const answer = await read(await made());
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  test('leaves nothing of itself in the log', async () => {
    const key = await token('bb-owners');
    await read(key);
    await read(await token('bb-owners', { expiresIn: -120 }));
    for (const part of key.split('.').slice(1)) expect(platform.said()).not.toContain(part);
  });
});

describe('an issuer that is down', () => {
  test('is 503 for tokens, while administrator keys go on; it counts as soon as it is back', async () => {
    const late = await anIssuer();
    const { url } = await startPlatform(settingsFor(late));
    const key = await late.token({ claims: { groups: 'bb-audit' } });
    const refused = await read(key, url);
    expect(refused).toMatchObject({ status: 503, body: { code: 'oidc_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('10');
    expect((await read(ADMIN_KEY, url)).status).toBe(200);
    expect((await read((await newAdminKey('auditor')).key, url)).status).toBe(200);
    expect((await read('garbage', url)).status).toBe(401);
    await late.open();
    expect((await read(key, url)).status).toBe(200);
    await late.close();
    // Its keys are known now.
    expect((await read(key, url)).status).toBe(200);
  });

  test.each([
    ['answers 500', (ill: Issuer) => void (ill.broken = 500)],
    ['names another issuer', (ill: Issuer) => void (ill.named = 'https://issuer.example.com')],
  ])('that %s is down', async (_, spoil) => {
    const ill = await anIssuer();
    await ill.open();
    spoil(ill);
    const { url } = await startPlatform(settingsFor(ill));
    const key = await ill.token({ claims: { groups: 'bb-audit' } });
    expect((await read(key, url)).status).toBe(503);
    expect((await read(ADMIN_KEY, url)).status).toBe(200);
    ill.broken = undefined;
    ill.named = ill.url;
    expect((await read(key, url)).status).toBe(200);
  });

  test('that can tell who it is and not its keys is down', async () => {
    const ill = await anIssuer();
    await ill.open();
    const { url } = await startPlatform(settingsFor(ill));
    const key = await ill.token({ claims: { groups: 'bb-audit' } });
    ill.keysBroken = true;
    expect((await read(key, url)).status).toBe(503);
    ill.keysBroken = false;
    expect((await read(key, url)).status).toBe(200);
  });
});
