import { createHash, randomUUID } from 'node:crypto';
import {
  acceptKey,
  type AdminKey,
  allRoutes,
  ask,
  newAdminKey,
  newSecret,
  NOBODY,
  patch,
} from '../../support/administration.js';
import { type Answer, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { decide, REASON, theHeld } from '../../support/postbacks.js';
import { newStory, postBack, type Story } from '../../support/story.js';
import { closeReceivers, receiver } from '../../support/receiver.js';
import { allDelivered, report } from '../../support/relay.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

const fingerprint = (secret: string) =>
  `sha256:${createHash('sha256').update(secret, 'utf8').digest('hex').slice(0, 16)}`;

interface Done {
  readonly answer: Answer;
  readonly action: string;
  /** The beginning of what it was done to, or all of it. */
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  /** What must stand nowhere in the event. */
  readonly secrets?: readonly string[];
}

interface Stage {
  readonly story: Story;
  readonly owner: AdminKey;
}

/** No payer stands in the trail. */
const PAYER = 'canary payer';

type Deed = (stage: Stage) => Promise<Done>;

const keyOf = async ({ story, owner }: Stage): Promise<Json> =>
  (await ask('POST', `/partners/${story.partner.id}/keys`, { name: 'x', mode: 'test' }, owner)).body;

function setsSecret(kind: 'api-key' | 'web-service-key'): Deed {
  return async ({ story: { billerId }, owner }) => {
    const [one, two] = [newSecret(), newSecret()];
    await ask('PUT', `/billers/${billerId}/${kind}`, { key: one, force: true }, owner);
    const answer = await ask('PUT', `/billers/${billerId}/${kind}`, { key: two, force: true }, owner);
    return {
      answer,
      action: `biller.set-${kind}`,
      target: `biller:${billerId}`,
      before: expect.objectContaining({ lastFour: one.slice(-4) }),
      after: expect.objectContaining({ fingerprint: fingerprint(two) }),
      secrets: [one, two],
    };
  };
}

function restoresSecret(kind: 'api-key' | 'web-service-key'): Deed {
  return async ({ story: { billerId }, owner }) => {
    const secrets = [newSecret(), newSecret()];
    for (const key of secrets) await ask('PUT', `/billers/${billerId}/${kind}`, { key, force: true }, owner);
    const [newest, before] = (await ask('GET', `/billers/${billerId}/${kind}`)).body.data;
    const answer = await ask('POST', `/billers/${billerId}/${kind}/restore`, { force: true }, owner);
    return {
      answer,
      action: `biller.restore-${kind}`,
      target: `biller:${billerId}`,
      before: expect.objectContaining({ version: newest.version }),
      after: expect.objectContaining({ version: before.version }),
      secrets,
    };
  };
}

async function deliveryOfStory(story: Story): Promise<Json> {
  const partner = await receiver();
  const [delivery] = await allDelivered((await report(story, partner.url)).id);
  return delivery;
}

/** Every route that changes something, and what is left in the trail when it is used. */
const DEEDS: Record<string, Deed> = {
  'POST /admin/v1/partners': async ({ owner }) => {
    const name = `Partner ${randomUUID()}`;
    const answer = await ask('POST', '/partners', { name }, owner);
    const { id, webhookSecret } = answer.body;
    const after = { name, webhookSecret: fingerprint(webhookSecret) };
    return { answer, action: 'partner.create', target: `partner:${id}`, before: null, after, secrets: [webhookSecret] };
  },
  'POST /admin/v1/partners/{partnerId}/webhook-secret': async ({ story: { partner }, owner }) => {
    const answer = await ask('POST', `/partners/${partner.id}/webhook-secret`, undefined, owner);
    const { webhookSecret } = answer.body;
    return {
      answer,
      action: 'partner.roll-webhook-secret',
      target: `partner:${partner.id}`,
      // To replace what can't be opened any more, nothing is opened.
      before: null,
      after: expect.objectContaining({ kind: 'hmac', webhookSecret: fingerprint(webhookSecret) }),
      secrets: [webhookSecret, partner.webhookSecret],
    };
  },
  'POST /admin/v1/partners/{partnerId}/webhook-secrets/{secretId}/expire': async ({ story: { partner }, owner }) => {
    await ask('POST', `/partners/${partner.id}/webhook-secret`, { overlapHours: 168 }, owner);
    const path = `/partners/${partner.id}/webhook-secrets`;
    const [{ id, expiresAt }] = (await ask('GET', path)).body.data;
    const answer = await ask('POST', `${path}/${id}/expire`, undefined, owner);
    const after = { partnerId: partner.id, expiresAt: answer.body.expiresAt };
    const before = { expiresAt };
    return { answer, action: 'webhook-secret.expire', target: `webhook-secret:${id}`, before, after };
  },
  'POST /admin/v1/deliveries/{deliveryId}/replay': async ({ story, owner }) => {
    const { id } = await deliveryOfStory(story);
    const answer = await ask('POST', `/deliveries/${id}/replay`, undefined, owner);
    const [before, after] = [{ status: 'delivered' }, { status: 'pending' }];
    return { answer, action: 'delivery.replay', target: `delivery:${id}`, before, after };
  },
  'POST /admin/v1/deliveries/replay': async ({ story, owner }) => {
    await deliveryOfStory(story);
    const wanted = { partnerId: story.partner.id, status: 'delivered' };
    const answer = await ask('POST', `/deliveries/replay`, wanted, owner);
    const after = expect.objectContaining({ ...wanted, replayed: 1 });
    return { answer, action: 'deliveries.replay', target: `partner:${story.partner.id}`, before: null, after };
  },
  'POST /admin/v1/relay-endpoints/{endpointId}/disable': async ({ story, owner }) => {
    const { endpointId: id } = await deliveryOfStory(story);
    const answer = await ask('POST', `/relay-endpoints/${id}/disable`, { reason: 'it moves' }, owner);
    const before = { disabledAt: null, disabledReason: null };
    const after = { disabledAt: answer.body.disabledAt, disabledReason: 'it moves' };
    return { answer, action: 'relay-endpoint.disable', target: `relay-endpoint:${id}`, before, after };
  },
  'POST /admin/v1/relay-endpoints/{endpointId}/enable': async ({ story, owner }) => {
    const { endpointId: id } = await deliveryOfStory(story);
    const { disabledAt } = (await ask('POST', `/relay-endpoints/${id}/disable`, { reason: 'it moves' })).body;
    const answer = await ask('POST', `/relay-endpoints/${id}/enable`, undefined, owner);
    const before = { disabledAt, disabledReason: 'it moves' };
    const after = { disabledAt: null, disabledReason: null };
    return { answer, action: 'relay-endpoint.enable', target: `relay-endpoint:${id}`, before, after };
  },
  'POST /admin/v1/partners/{partnerId}/keys': async ({ story, owner }) => {
    const wanted = {
      name: 'audited',
      mode: 'test',
      billerIds: [story.billerId],
      scopes: ['sso:read'],
      allowedIps: ['127.0.0.0/8'],
      expiresAt: '2099-01-31T00:00:00.000Z',
    };
    const answer = await ask('POST', `/partners/${story.partner.id}/keys`, wanted, owner);
    const { id, key } = answer.body;
    const after = expect.objectContaining({ ...wanted, partnerId: story.partner.id, key: fingerprint(key) });
    return { answer, action: 'partner-key.create', target: `partner-key:${id}`, before: null, after, secrets: [key] };
  },
  'POST /admin/v1/partners/{partnerId}/keys/{keyId}/roll': async (stage) => {
    const old = await keyOf(stage);
    const path = `/partners/${stage.story.partner.id}/keys/${old.id}/roll`;
    const answer = await ask('POST', path, { overlapHours: 1 }, stage.owner);
    const { id, key } = answer.body;
    const after = expect.objectContaining({ rolledFrom: old.id, key: fingerprint(key) });
    const secrets = [key, old.key];
    return { answer, action: 'partner-key.create', target: `partner-key:${id}`, before: null, after, secrets };
  },
  'POST /admin/v1/partners/{partnerId}/keys/{keyId}/expire': async (stage) => {
    const { id } = await keyOf(stage);
    const expiresAt = '2099-01-31T00:00:00.000Z';
    const path = `/partners/${stage.story.partner.id}/keys/${id}/expire`;
    const answer = await ask('POST', path, { at: expiresAt }, stage.owner);
    const before = { expiresAt: null };
    return { answer, action: 'partner-key.expire', target: `partner-key:${id}`, before, after: { expiresAt } };
  },
  'POST /admin/v1/partners/{partnerId}/keys/{keyId}/revoke': async (stage) => {
    const { id } = await keyOf(stage);
    const path = `/partners/${stage.story.partner.id}/keys/${id}/revoke`;
    const answer = await ask('POST', path, undefined, stage.owner);
    const { revokedAt } = answer.body;
    const before = { revokedAt: null };
    return { answer, action: 'partner-key.revoke', target: `partner-key:${id}`, before, after: { revokedAt } };
  },
  'POST /admin/v1/admin-keys': async ({ owner }) => {
    const wanted = { name: 'night shift', role: 'auditor', allowedIps: ['10.0.0.1'], expiresAt: null };
    const answer = await ask('POST', '/admin-keys', { ...wanted, expiresAt: undefined }, owner);
    const { id, key } = answer.body;
    const after = { ...wanted, key: fingerprint(key) };
    return { answer, action: 'admin-key.create', target: `admin-key:${id}`, before: null, after, secrets: [key] };
  },
  'POST /admin/v1/admin-keys/{keyId}/roll': async ({ owner }) => {
    const old = await newAdminKey('auditor');
    const answer = await ask('POST', `/admin-keys/${old.id}/roll`, { overlapHours: 1 }, owner);
    const { id, key } = answer.body;
    const after = expect.objectContaining({ role: 'auditor', key: fingerprint(key) });
    const secrets = [key, old.key];
    return { answer, action: 'admin-key.create', target: `admin-key:${id}`, before: null, after, secrets };
  },
  'POST /admin/v1/admin-keys/{keyId}/revoke': async ({ owner }) => {
    const { id } = await newAdminKey('auditor');
    const answer = await ask('POST', `/admin-keys/${id}/revoke`, undefined, owner);
    const { revokedAt } = answer.body;
    const before = { revokedAt: null };
    return { answer, action: 'admin-key.revoke', target: `admin-key:${id}`, before, after: { revokedAt } };
  },
  'POST /admin/v1/billers': async ({ story: { partner }, owner }) => {
    const wanted = { partnerId: partner.id, name: 'A', dba: 'B', billerGuid: randomUUID(), mode: 'test' };
    const answer = await ask('POST', '/billers', wanted, owner);
    const after = expect.objectContaining(wanted);
    return { answer, action: 'biller.create', target: `biller:${answer.body.id}`, before: null, after };
  },
  'PATCH /admin/v1/billers/{billerId}': async ({ story: { billerId }, owner }) => {
    await patch(billerId, { dba: 'Before' });
    const answer = await patch(billerId, { dba: 'After' }, owner);
    return {
      answer,
      action: 'biller.update',
      target: `biller:${billerId}`,
      before: expect.objectContaining({ dba: 'Before' }),
      after: expect.objectContaining({ dba: 'After' }),
    };
  },
  'POST /admin/v1/billers/{billerId}/deactivate': async ({ story: { billerId }, owner }) => {
    const answer = await ask('POST', `/billers/${billerId}/deactivate`, {}, owner);
    const { deactivatedAt } = answer.body;
    const before = { deactivatedAt: null };
    return { answer, action: 'biller.deactivate', target: `biller:${billerId}`, before, after: { deactivatedAt } };
  },
  'POST /admin/v1/billers/{billerId}/reconciliations': async ({ story: { billerId }, owner }) => {
    const [from, to] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    const answer = await ask('POST', `/billers/${billerId}/reconciliations`, { from, to }, owner);
    const after = { id: answer.body.id, from, to };
    return { answer, action: 'reconciliation.request', target: `biller:${billerId}`, before: null, after };
  },
  'POST /admin/v1/billers/{billerId}/activate': async ({ story: { billerId }, owner }) => {
    const { deactivatedAt } = (await ask('POST', `/billers/${billerId}/deactivate`, {}, owner)).body;
    const answer = await ask('POST', `/billers/${billerId}/activate`, undefined, owner);
    const after = { deactivatedAt: null };
    return { answer, action: 'biller.activate', target: `biller:${billerId}`, before: { deactivatedAt }, after };
  },
  'PUT /admin/v1/billers/{billerId}/api-key': setsSecret('api-key'),
  'PUT /admin/v1/billers/{billerId}/web-service-key': setsSecret('web-service-key'),
  'POST /admin/v1/billers/{billerId}/api-key/restore': restoresSecret('api-key'),
  'POST /admin/v1/billers/{billerId}/web-service-key/restore': restoresSecret('web-service-key'),
  'POST /admin/v1/setting-definitions': async ({ owner }) => {
    const id = Math.trunc(Math.random() * 900_000) + 1_000;
    const wanted = { id, name: 'Receipt footer', type: 'text', uniquePerBiller: false, defaultValue: 'Thank you' };
    const answer = await ask('POST', '/setting-definitions', wanted, owner);
    const after = { ...wanted, choices: null, workflow: null };
    return { answer, action: 'setting-definition.create', target: `setting:${id}`, before: null, after };
  },
  'PUT /admin/v1/billers/{billerId}/settings/{settingId}': async ({ story: { billerId }, owner }) => {
    const [one, two] = ['https://example.com/1', 'https://example.com/2'];
    await ask('PUT', `/billers/${billerId}/settings/36`, { value: one }, owner);
    const answer = await ask('PUT', `/billers/${billerId}/settings/36`, { value: two }, owner);
    const [before, after] = [one, two].map((value) => ({ settingId: 36, value }));
    return { answer, action: 'biller.set-setting', target: `biller:${billerId}`, before, after };
  },
  'POST /admin/v1/postbacks/{postbackId}/accept': async ({ story, owner }) => {
    const { paymentId, heldId, paymentGuid } = await heldPostback(story);
    const answer = await decide(heldId, 'accept', { feeCents: 25 }, owner);
    return {
      answer,
      action: 'postback.accept',
      target: `postback:${heldId}`,
      before: { verdict: 'held', reasons: ['amount-differs'] },
      after: {
        verdict: 'verified',
        reason: REASON,
        paymentId,
        status: 'partially-paid',
        approved: true,
        paymentGuid,
        amountCents: 200,
        feeCents: 25,
      },
      secrets: [PAYER],
    };
  },
  'POST /admin/v1/postbacks/{postbackId}/reject': async ({ story, owner }) => {
    const { heldId } = await heldPostback(story);
    const answer = await decide(heldId, 'reject', {}, owner);
    const before = { verdict: 'held', reasons: ['amount-differs'] };
    const after = { verdict: 'rejected', reason: REASON };
    return { answer, action: 'postback.reject', target: `postback:${heldId}`, before, after, secrets: [PAYER] };
  },
  'POST /admin/v1/payments/{paymentId}/refund': async ({ story, owner }) => {
    const { id, postBackUrl } = await story.open();
    for (let time = 0; time < 2; time += 1) await postBack(postBackUrl, story.message());
    const answer = await ask('POST', `/payments/${id}/refund`, { amountCents: 300, reason: REASON }, owner);
    const before = { refundDueCents: 300 };
    const after = { refundDueCents: 0, reason: REASON };
    return { answer, action: 'payment.refund', target: `payment:${id}`, before, after };
  },
  'DELETE /admin/v1/billers/{billerId}/settings/{settingId}': async ({ story: { billerId }, owner }) => {
    const one = 'https://example.com/1';
    await ask('PUT', `/billers/${billerId}/settings/36`, { value: one }, owner);
    const answer = await ask('DELETE', `/billers/${billerId}/settings/36`, undefined, owner);
    const [before, after] = [one, null].map((value) => ({ settingId: 36, value }));
    return { answer, action: 'biller.set-setting', target: `biller:${billerId}`, before, after };
  },
};

/** A payment with a held postback that says too little. */
async function heldPostback(story: Story): Promise<{ paymentId: string; heldId: string; paymentGuid: string }> {
  const { id, postBackUrl } = await story.open();
  const PaymentGUID = randomUUID();
  await postBack(postBackUrl, story.message({ PaymentGUID, PaymentAmount: '2.00', CustomerName: PAYER }));
  return { paymentId: id, heldId: await theHeld(id), paymentGuid: PaymentGUID };
}

/** Change nothing. */
const READING = [
  'POST /admin/v1/billers/{billerId}/check',
  'POST /admin/v1/billers/{billerId}/api-key/check',
  'POST /admin/v1/billers/{billerId}/web-service-key/check',
];
/** These have specs of their own, with their events: configuration, alerts, restore, spool-care. */
const ELSEWHERE = [
  'POST /admin/v1/import',
  'POST /admin/v1/alerts/test',
  'POST /admin/v1/billers/{billerId}/restore-settled',
  'DELETE /admin/v1/spools/{spoolId}',
];

const eventsOf = (answer: Answer): Promise<Json[]> =>
  db().rows('select * from audit_events where request_id = $1 order by seq', [answer.headers.get('x-request-id')]);

describe('the audit trail', () => {
  let story: Story;
  let owner: AdminKey;
  beforeAll(async () => {
    story = await newStory();
    owner = await newAdminKey('owner', { name: 'Jane, the owner' });
  });

  test('has a test for every route that changes something', async () => {
    const changing = (await allRoutes())
      .filter(({ method, template }) => template.startsWith('/admin/') && method !== 'GET')
      .map(({ name }) => name)
      .filter((name) => !READING.includes(name) && !ELSEWHERE.includes(name));
    expect(changing.sort()).toEqual(Object.keys(DEEDS).sort());
  });

  test.each(Object.entries(DEEDS))('tells of %s', async (_, deed) => {
    const fresh = await newStory();
    const { answer, action, target, before, after, secrets = [] } = await deed({ story: fresh, owner });
    expect([200, 201, 202]).toContain(answer.status);
    const events = await eventsOf(answer);
    const event = events.find((one) => one.action === action);
    expect(event).toMatchObject({
      actor: `key ${owner.id} (Jane, the owner)`,
      action,
      target,
      before,
      after,
      ip: '127.0.0.1',
      request_id: answer.headers.get('x-request-id'),
    });
    expect(Math.abs(Date.now() - event.at.getTime())).toBeLessThan(60_000);
    for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);

    const { body } = await ask('GET', `/audit-events?target=${encodeURIComponent(target)}&action=${action}&limit=1`);
    expect(body.data[0]).toMatchObject({ seq: event.seq, actor: event.actor, target, before, after });
  });

  test('tells of both keys when one is rolled', async () => {
    const path = `/partners/${story.partner.id}/keys`;
    const { id } = (await ask('POST', path, { name: 'x', mode: 'test' })).body;
    const rolled = await ask('POST', `${path}/${id}/roll`, { overlapHours: 0 }, owner);
    expect((await eventsOf(rolled)).map(({ action, target }) => [action, target])).toEqual([
      ['partner-key.expire', `partner-key:${id}`],
      ['partner-key.create', `partner-key:${rolled.body.id}`],
    ]);
  });

  test('says of ADMIN_KEY no more than that it was used', async () => {
    const answer = await patch(story.billerId, { dba: 'By the first owner' });
    expect(await eventsOf(answer)).toMatchObject([{ actor: 'ADMIN_KEY' }]);
  });

  test('holds no event of what was refused or changed nothing', async () => {
    const { billerId, partner, billerGuid } = story;
    const auditor = await newAdminKey('auditor');
    const other = await newStory();
    const last = await db().rows('select seq from audit_head');
    const answers = [
      [400, await ask('POST', '/billers', { partnerId: partner.id }, owner)],
      [403, await ask('POST', '/partners', { name: randomUUID() }, auditor)],
      [403, await ask('POST', '/partners', { name: randomUUID() }, { key: story.key })],
      [401, await ask('POST', '/partners', { name: randomUUID() }, { key: newSecret() })],
      [404, await ask('PUT', `/billers/${NOBODY}/settings/36`, { value: 'https://example.com/' }, owner)],
      [404, await ask('PUT', `/billers/${billerId}/settings/77777777`, { value: 'x' }, owner)],
      [400, await ask('PUT', `/billers/${billerId}/settings/36`, { value: 'no url' }, owner)],
      [412, await ask('PATCH', `/billers/${billerId}`, { dba: 'x' }, { ...owner, headers: { 'if-match': '"0"' } })],
      [428, await ask('PATCH', `/billers/${billerId}`, { dba: 'x' }, owner)],
      [409, await patch(other.billerId, { billerGuid }, owner)],
      [422, await ask('PUT', `/billers/${billerId}/api-key`, { key: newSecret() }, owner)],
      [409, await ask('POST', `/billers/${billerId}/web-service-key/restore`, { force: true }, owner)],
      [200, await ask('POST', `/billers/${billerId}/check`, undefined, owner)],
      [200, await ask('POST', `/billers/${billerId}/api-key/check`, { key: newSecret() }, owner)],
    ] as const;
    expect(answers.map(([, { status }]) => status)).toEqual(answers.map(([status]) => status));
    for (const [, answer] of answers) expect(await eventsOf(answer)).toEqual([]);
    expect(Number(last[0]?.['seq'])).toBeGreaterThan(0);
  });

  test('refuses SQL that alters, removes or empties it', async () => {
    const [{ n: before } = { n: 0 }] = await db().rows<{ n: string }>('select count(*) as n from audit_events');
    for (const sql of [
      `update audit_events set actor = 'nobody'`,
      `update audit_events set actor = actor where false`,
      `delete from audit_events`,
      `delete from audit_events where false`,
      `truncate audit_events`,
    ]) {
      await expect(db().rows(sql)).rejects.toThrow(/append-only/);
    }
    expect(await db().count('from audit_events')).toBeGreaterThanOrEqual(Number(before));
  });

  test('is read by pages, by actor, action and target', async () => {
    const reader = await newAdminKey('auditor');
    const mine = await newAdminKey('operator');
    const { billerId } = await newStory();
    for (const dba of ['1', '2', '3', '4', '5']) await patch(billerId, { dba }, mine);
    await ask('PUT', `/billers/${billerId}/settings/36`, { value: 'https://example.com/' }, mine);
    const actor = encodeURIComponent(`key ${mine.id} (${mine.name})`);
    const read = async (query: string) => (await ask('GET', `/audit-events?${query}`, undefined, reader)).body;
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { data, nextCursor } = await read(`actor=${actor}&limit=2${cursor}`);
      expect(data.length).toBeLessThanOrEqual(2);
      seen.push(...data.map(({ after }: Json) => after.dba ?? after.settingId));
      if (!nextCursor) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(seen).toEqual([36, '5', '4', '3', '2', '1']);
    const updates = await read(`actor=${actor}&action=biller.update&target=biller:${billerId}`);
    expect(updates.data).toHaveLength(5);
    expect((await read(`actor=${actor}&target=biller:${NOBODY}`)).data).toEqual([]);
  });

  test.each([
    'cursor=0',
    'cursor=x',
    'cursor=1e30',
    'cursor=99999999999999999999',
    'limit=0',
    'limit=201',
    'action=%00',
  ])('is not read by %s', async (query) => {
    const answer = await ask('GET', `/audit-events?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: query.split('=')[0] }] } });
  });

  test('keeps what was accepted, and refuses what it could not keep', async () => {
    // Half a surrogate pair is no text that jsonb takes.
    const answer = await ask('POST', '/partners', `{"name":"half ${randomUUID()} \\ud800"}`, {
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
  });

  test('holds no secret that an administrator ever sent or was shown', async () => {
    const key = newSecret();
    await acceptKey(story.billerGuid, key);
    expect((await ask('PUT', `/billers/${story.billerId}/api-key`, { key })).status).toBe(200);
    await ask('PUT', `/billers/${story.billerId}/api-key`, { key: newSecret() });
    const trail = await db().rows<{ line: string }>('select audit_events::text as line from audit_events');
    expect(trail.length).toBeGreaterThan(20);
    for (const { line } of trail) {
      // Every secret of these tests, and every form that the platform gives its own.
      expect(line).not.toMatch(/canary-|whsec_|bb_(test|live|admin)_[0-9A-Za-z]{38}|v1\.test\./);
    }
  });
});
