import { createPrivateKey, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** PKCS #8 of an ed25519 key, up to the seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * `webhook-signature` of the Standard Webhooks specification: one signature for each secret, space separated; `v1` by
 * HMAC-SHA256 (`whsec_…`), `v1a` by ed25519 (`whsk_…`). A receiver takes the message when one of them is right.
 */
export function signaturesOf(secrets: readonly string[], id: string, at: Date, body: string): string {
  return secrets
    .map((secret) => (secret.startsWith('whsk_') ? signEd25519(secret, id, at, body) : signHmac(secret, id, at, body)))
    .join(' ');
}

const signHmac = (secret: string, id: string, at: Date, body: string): string => new Webhook(secret).sign(id, at, body);

function signEd25519(secret: string, id: string, at: Date, body: string): string {
  const seed = Buffer.from(secret.slice('whsk_'.length), 'base64');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const content = `${id}.${Math.floor(at.getTime() / 1000)}.${body}`;
  return `v1a,${sign(null, Buffer.from(content, 'utf8'), key).toString('base64')}`;
}
