import { SecretBox } from '../../../src/common/secret-box.js';
import { closeDb, db } from '../../support/db.js';
import { type My360, newMy360, visit, wanted } from '../../support/my360.js';
import { stage } from '../../support/stage-facts.js';
import { newKey } from '../../support/story.js';

afterAll(closeDb);

const [keyId = '', key = ''] = stage.settings['ENCRYPTION_KEYS']?.split(':') ?? [];
const box = new SecretBox([{ id: keyId, bytes: Buffer.from(key, 'base64') }]);

const rowOf = async (id: string) => (await db().rows('select * from sso_sessions where id = $1', [id]))[0] ?? {};
const setExpiry = (id: string, expiry: string) =>
  db().rows(`update sso_sessions set expires_at = ${expiry} where id = $1`, [id]);

/** Everything that a session is for. */
const uses = (account: string): [string, string, object?][] => [
  ['POST', '/pages', { page: 'autopay' }],
  ['POST', '/accounts', { accountNumbers: [account] }],
  ['DELETE', `/accounts/${account}`],
];

async function expectOver(my360: My360, id: string, account: string): Promise<void> {
  for (const [method, path, body] of uses(account)) {
    const answer = await my360.ask(method, `/sessions/${id}${path}`, body);
    expect(answer).toMatchObject({ status: 410, body: { code: 'session_expired' } });
    expect(answer.body.detail).toMatch(/sign the user in again/i);
  }
}

describe('a session', () => {
  test('keeps token and e-mail sealed, each bound to its session and field', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const session = await my360.session(user);
    const row = await rowOf(session.id);
    expect(JSON.stringify(row)).not.toContain(session.remoteAuthenticationToken);
    expect(JSON.stringify(row)).not.toContain(user.email);
    expect(box.open(row['token_sealed'], session.id, 'token')).toBe(session.remoteAuthenticationToken);
    expect(box.open(row['email_sealed'], session.id, 'email')).toBe(user.email);
    const another = await my360.session(user);
    expect(() => box.open(row['token_sealed'], another.id, 'token')).toThrow();
    expect(() => box.open(row['token_sealed'], session.id, 'email')).toThrow();
  });

  test('needs no more than its id: the token comes from the platform', async () => {
    const my360 = await newMy360();
    const session = await my360.session(await my360.user());
    const { body } = await my360.openPage(session.id, { page: 'autopay' });
    expect(body.handOff.fields.RemoteAuthenticationToken).toBe(session.remoteAuthenticationToken);
  });

  test('is ended by DELETE, also twice; then it answers session_expired and the token is forgotten', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const { id } = await my360.session(user);
    const launchUrl = wanted(201, await my360.openPage(id, { page: 'autopay' })).body.launchUrl;
    for (let times = 0; times < 2; times += 1) {
      expect(await my360.ask('DELETE', `/sessions/${id}`)).toMatchObject({ status: 204, text: '' });
    }
    expect((await rowOf(id))['token_sealed']).toBeNull();
    await my360.unchanged(() => expectOver(my360, id, user.accountNumber));
    expect(await visit(launchUrl)).toMatchObject({ status: 410 });
  });

  test('lives as long as Invoice Cloud says', async () => {
    const my360 = await newMy360();
    await my360.setBiller({ tokenLifeSeconds: 300 });
    const before = Date.now();
    const { expiresAt } = await my360.session(await my360.user());
    expect(Date.parse(expiresAt) - before).toBeGreaterThanOrEqual(300_000);
    expect(Date.parse(expiresAt) - before).toBeLessThan(360_000);
  });

  test('that Invoice Cloud’s token did not outlive answers session_expired', async () => {
    const my360 = await newMy360();
    await my360.setBiller({ tokenLifeSeconds: 0 });
    const user = await my360.user();
    const { id } = await my360.session(user);
    await expectOver(my360, id, user.accountNumber);
  });

  test('that has run out answers session_expired, and Invoice Cloud is not asked', async () => {
    const my360 = await newMy360();
    const user = await my360.user();
    const { id } = await my360.session(user);
    await setExpiry(id, `now() - interval '1 second'`);
    expect(await my360.operations(() => expectOver(my360, id, user.accountNumber))).toEqual([]);
    expect((await my360.signIn(user)).status).toBe(201);
  });

  test('opens no page that outlives it', async () => {
    const my360 = await newMy360();
    const { id } = await my360.session(await my360.user());
    await setExpiry(id, `now() + interval '20 seconds'`);
    const { body } = await my360.openPage(id, { page: 'autopay' });
    expect(Date.parse(body.expiresAt)).toBeLessThanOrEqual(Date.now() + 20_000);
  });

  test('of another biller or another partner is not found, and stays open', async () => {
    const own = await newMy360();
    const user = await own.user();
    const { id } = await own.session(user);
    const sibling = await newMy360({ partner: own.story.partner });
    const foreign = await newMy360();
    const unbound = await newKey(own.story.partner);
    await own.unchanged(async () => {
      for (const [my360, withKey] of [
        [sibling, unbound],
        [sibling, sibling.story.key],
        [foreign, foreign.story.key],
      ] as const) {
        for (const [method, path, body] of [...uses(user.accountNumber), ['DELETE', ''] as const]) {
          const answer = await my360.ask(method, `/sessions/${id}${path}`, body, withKey);
          expect(answer).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
        }
        expect(await my360.story.requests()).toEqual([]);
      }
    });
    expect((await own.openPage(id, { page: 'autopay' })).status).toBe(201);
  });

  test.each(['1', crypto.randomUUID(), '%00', 'a%2Fb'])('is not found under %s', async (id) => {
    const my360 = await newMy360();
    for (const [method, path, body] of uses('1')) {
      const answer = await my360.ask(method, `/sessions/${id}${path}`, body);
      expect(answer).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
    }
  });
});
