import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/**
 * A new API key: `bb_test_`, `bb_live_` or `bb_admin_`, 32 random characters (190 bits), and a checksum that tells a mistyped key
 * from a foreign one without asking the database. 47 characters at most: clients in the field wrap base64 at 76 columns, which
 * breaks the header of any key longer than 56.
 */
export function newApiKey(kind: 'test' | 'live' | 'admin'): string {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    // 248 = 4 * 62: beyond it the first letters would come up more often.
    for (const byte of randomBytes(RANDOM_LENGTH)) if (byte < 248) random += ALPHABET[byte % 62];
  }
  const body = `bb_${kind}_${random.slice(0, RANDOM_LENGTH)}`;
  return body + checksumOf(body);
}

export function isApiKey(text: string): boolean {
  if (!/^bb_(test|live|admin)_[0-9A-Za-z]{38}$/.test(text)) return false;
  return checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH);
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    text = ALPHABET[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/**
 * The key of an `Authorization` header: `Bearer <key>`, or `Basic` + base64 of the key with or without a colon behind
 * it, as CPv2 clients send it (observed). Line breaks inside the base64, which some of them produce, are passed over.
 */
export function keyOf(header: string | undefined): string | undefined {
  const match = /^(bearer|basic)\s+([^]{1,8000})$/i.exec(header ?? '');
  if (!match) return undefined;
  const [, scheme = '', value = ''] = match;
  if (scheme.toLowerCase() === 'bearer') return value.trim();
  return Buffer.from(value, 'base64').toString('utf8').replace(/:$/, '');
}
