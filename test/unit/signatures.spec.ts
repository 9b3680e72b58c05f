import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { signaturesOf } from '../../src/relay/signatures.js';

/** Of the Standard Webhooks reference libraries. */
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = new Date(1_614_265_330_000);
const BODY = '{"test": 2432232314}';
const HMAC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HMAC_SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ED25519 = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const ED25519_SIGNATURE =
  'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==';

describe('webhook-signature', () => {
  it.each([
    ['HMAC-SHA256', HMAC, HMAC_SIGNATURE],
    ['ed25519', ED25519, ED25519_SIGNATURE],
  ])('by %s is that of the reference vectors', (_, secret, signature) => {
    expect(signaturesOf([secret], ID, AT, BODY)).toBe(signature);
  });

  it('holds one by each secret, and the official library finds its own among them', () => {
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const now = new Date();
    const signature = signaturesOf([ED25519, other, HMAC], ID, now, BODY);
    expect(signature.split(' ').map((one) => one.split(',')[0])).toEqual(['v1a', 'v1', 'v1']);
    const headers = {
      'webhook-id': ID,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signature,
    };
    for (const secret of [HMAC, other]) expect(new Webhook(secret).verify(BODY, headers)).toEqual({ test: 2432232314 });
    expect(() => new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`).verify(BODY, headers)).toThrow();
  });

  it('by ed25519 is verified with the public key of RFC 8032’s first test', () => {
    const secret = `whsk_${Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex').toString('base64')}`;
    const x = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
      'base64url',
    );
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const [, signature = ''] = signaturesOf([secret], ID, AT, 'Straße 東京').split(',');
    const content = Buffer.from(`${ID}.1614265330.Straße 東京`);
    expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(true);
    expect(verify(null, Buffer.concat([content, Buffer.from('!')]), key, Buffer.from(signature, 'base64'))).toBe(false);
  });
});
