import { api } from '../../support/api.js';
import { closeDb } from '../../support/db.js';
import { newMy360 } from '../../support/my360.js';
import { sampleRequest } from '../../support/sample.js';
import { newKey } from '../../support/story.js';

afterAll(closeDb);

const ID = '0192a000-0000-7000-8000-000000000000';
const USER = { email: 'payer@example.com', password: 'right' };

const ROUTES: [string, string, string, object?][] = [
  ['POST', '/sessions', 'sso:write', USER],
  ['DELETE', `/sessions/${ID}`, 'sso:write'],
  ['POST', `/sessions/${ID}/pages`, 'sso:write', { page: 'autopay' }],
  ['POST', `/sessions/${ID}/accounts`, 'sso:write', { accountNumbers: ['1'] }],
  ['DELETE', `/sessions/${ID}/accounts/1`, 'sso:write'],
  ['POST', '/registrations', 'sso:write', { ...USER, accountNumber: '1' }],
  ['POST', '/one-time-payments', 'sso:write', sampleRequest()],
  ['POST', '/credential-changes', 'sso:write', { ...USER, accountNumber: '1', newPassword: 'long enough' }],
  ['GET', `/credential-changes/${ID}`, 'sso:read'],
];

describe.each(ROUTES)('%s %s', (method, path, scope, body) => {
  test('refuses a caller without credentials', async () => {
    const my360 = await newMy360();
    const answer = await api({ method, path: my360.path + path, body });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await my360.story.requests()).toEqual([]);
  });

  test('refuses another partner’s key', async () => {
    const [my360, foreign] = [await newMy360(), await newMy360()];
    const answer = await my360.ask(method, path, body, foreign.story.key);
    expect(answer).toMatchObject({ status: 404, body: { code: 'biller_not_found' } });
    expect(await my360.story.requests()).toEqual([]);
    expect(await foreign.story.requests()).toEqual([]);
  });

  test(`refuses a key without ${scope}, and one of the wrong mode`, async () => {
    const my360 = await newMy360();
    const others = ['cloud-pay:write', 'cloud-pay:read', 'sso:write', 'sso:read', 'relay:read'].filter(
      (one) => one !== scope,
    );
    const without = await newKey(my360.story.partner, { scopes: others });
    const answer = await my360.ask(method, path, body, without);
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(answer.body.detail).toContain(scope);
    const live = await newKey(my360.story.partner, { mode: 'live' });
    expect(await my360.ask(method, path, body, live)).toMatchObject({ status: 403, body: { code: 'mode_mismatch' } });
    expect(await my360.story.requests()).toEqual([]);

    const alone = await newKey(my360.story.partner, { scopes: [scope] });
    expect([401, 403]).not.toContain((await my360.ask(method, path, body, alone)).status);
  });
});
