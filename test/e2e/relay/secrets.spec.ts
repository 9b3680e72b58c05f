import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { ask, NOBODY } from '../../support/administration.js';
import { admin, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { closeReceivers, receiver, type Delivery } from '../../support/receiver.js';
import { headersOf, report } from '../../support/relay.js';
import { newStory, type Story } from '../../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const secretsPath = ({ partner }: Story) => `/partners/${partner.id}/webhook-secrets`;
const roll = ({ partner }: Story, body?: object): Promise<Json> =>
  admin('POST', `/partners/${partner.id}/webhook-secret`, body);
const listed = async (story: Story): Promise<Json[]> => (await admin('GET', secretsPath(story))).data;

async function delivered(story: Story): Promise<Delivery> {
  const partner = await receiver();
  await report(story, partner.url);
  return eventually('the partner is told', () => partner.deliveries[0]);
}

const verifies = (secret: string, delivery: Delivery): boolean => {
  try {
    new Webhook(secret).verify(delivery.body, headersOf(delivery), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
};

/** As a partner would, with the public key alone. */
function verifiesEd25519(publicKey: string, delivery: Delivery): boolean {
  const headers = headersOf(delivery);
  const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${delivery.body}`);
  const signatures = String(headers['webhook-signature']).split(' ');
  return signatures.some((one) => {
    const [version, signature = ''] = one.split(',');
    return version === 'v1a' && verify(null, content, key, Buffer.from(signature, 'base64'));
  });
}

describe('webhook secrets', () => {
  test('sign together while a roll overlaps, and each alone verifies', async () => {
    const story = await newStory();
    const { webhookSecret, kind, expiresAt } = await roll(story);
    expect({ kind, expiresAt }).toEqual({ kind: 'hmac', expiresAt: null });
    const delivery = await delivered(story);
    expect(String(delivery.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect(verifies(webhookSecret, delivery)).toBe(true);
    expect(verifies(story.partner.webhookSecret, delivery)).toBe(true);
    const [old, young] = await listed(story);
    const left = Date.parse(old.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(23.9 * 3_600_000);
    expect(left).toBeLessThanOrEqual(24 * 3_600_000);
    expect(young).toMatchObject({ expiresAt: null, lastFour: webhookSecret.slice(-4), publicKey: null });

    // The overlap is over.
    await db().rows(`update webhook_secrets set expires_at = now() where id = $1`, [old.id]);
    const next = await delivered(story);
    expect([verifies(webhookSecret, next), verifies(story.partner.webhookSecret, next)]).toEqual([true, false]);
  });

  test('by ed25519 sign beside the shared one, and the private key is shown to nobody', async () => {
    const story = await newStory();
    const rolled = await roll(story, { kind: 'ed25519' });
    expect(rolled).toMatchObject({ kind: 'ed25519', webhookSecret: null, publicKey: expect.stringMatching(/^whpk_/) });
    const delivery = await delivered(story);
    expect(verifiesEd25519(rolled.publicKey, delivery)).toBe(true);
    expect(verifiesEd25519(rolled.publicKey, { ...delivery, body: `${delivery.body}&a=b` })).toBe(false);
    expect(verifies(story.partner.webhookSecret, delivery)).toBe(true);

    // Who has changed over ends the shared one.
    const [shared] = await listed(story);
    expect(shared).toMatchObject({ kind: 'hmac', expiresAt: null });
    await admin('POST', `${secretsPath(story)}/${shared.id}/expire`);
    const next = await delivered(story);
    expect(verifiesEd25519(rolled.publicKey, next)).toBe(true);
    expect(verifies(story.partner.webhookSecret, next)).toBe(false);
    expect(JSON.stringify([rolled, await listed(story)])).not.toContain('whsk_');
    const [row] = await db().rows('select sealed from webhook_secrets where id = $1', [rolled.id]);
    expect(row?.['sealed']).toMatch(/^v1\./);
  });

  test('are listed without the secrets', async () => {
    const story = await newStory();
    const { webhookSecret } = await roll(story, { overlapHours: 1 });
    const { text } = await ask('GET', secretsPath(story));
    expect(text).not.toContain('whsec_');
    expect(text).not.toContain(webhookSecret.slice(6));
  });

  test('never end altogether: the last one that stays in force is kept', async () => {
    const story = await newStory();
    const [first] = await listed(story);
    const expire = (id: string) => ask('POST', `${secretsPath(story)}/${id}/expire`);
    expect(await expire(first.id)).toMatchObject({ status: 409, body: { code: 'last_webhook_secret' } });
    const second = await roll(story, { overlapHours: 168 });
    // The first one ends in a week, so that it is no stay.
    expect((await expire(second.id)).status).toBe(409);
    expect((await expire(first.id)).status).toBe(200);
    expect(verifies(story.partner.webhookSecret, await delivered(story))).toBe(false);
    expect(await expire(NOBODY)).toMatchObject({ status: 404, body: { code: 'webhook_secret_not_found' } });
    const other = await newStory();
    expect((await ask('POST', `${secretsPath(other)}/${first.id}/expire`)).status).toBe(404);
  });

  test.each([[-1], [169], [1.5], ['24'], [null]])('are not rolled with an overlap of %p', async (overlapHours) => {
    const { partner } = await newStory();
    const answer = await ask('POST', `/partners/${partner.id}/webhook-secret`, { overlapHours });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'overlapHours' }] } });
  });

  test('that are rolled on one process sign at once on another', async () => {
    const story = await newStory();
    const second = await startPlatform();
    story.moveTo(second.url);
    // Both take from the same queue: whichever does, the old secret is gone.
    for (let n = 0; n < 5; n += 1) {
      const { webhookSecret } = await roll(story, { overlapHours: 0 });
      expect(verifies(webhookSecret, await delivered(story))).toBe(true);
    }
  });
});
