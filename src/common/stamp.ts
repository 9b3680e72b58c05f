import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { bytesOfChance } from './chance.js';
import { isId } from './id.js';

const ID_BYTES = 16;
const SECRET_BYTES = 32;
const STAMP_BYTES = 16;
const BYTES = ID_BYTES + SECRET_BYTES + STAMP_BYTES;
/** Base64url of all three, without padding. */
const FORM = /^[\w-]{86}$/;

/**
 * Makes bearer secrets that name an id, and tells its own from a stranger's without the database. A secret is the id (16 bytes),
 * 256 bits of chance and a stamp (HMAC-SHA256, cut to 16 bytes) over both, in base64url: 86 characters.
 *
 * The keys of the stamp are derived (HKDF-SHA256) from the encryption keys, for one purpose each. The first key stamps, every
 * key of the ring is accepted. A stamp proves where a secret was made, and no more: whether it is still good is for the database.
 */
export class StampedSecrets {
  private readonly keys: readonly KeyObject[];
  private readonly first: KeyObject;

  /** @param purpose a secret of one purpose is a stranger's to another */
  constructor(ring: readonly KeyObject[], purpose: string) {
    const info = `billbridge stamp: ${purpose}`;
    this.keys = ring.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, 32))));
    const [first] = this.keys;
    if (!first) throw new Error('the encryption key ring is empty');
    this.first = first;
  }

  make(id: string): string {
    const named = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), bytesOfChance(SECRET_BYTES)]);
    return Buffer.concat([named, stampOf(this.first, named)]).toString('base64url');
  }

  /** @returns the id that a secret of ours names; undefined for a stranger's, and where its key is no longer in the ring */
  idOf(secret: string): string | undefined {
    const bytes = bytesOf(secret);
    if (!bytes) return undefined;
    const named = bytes.subarray(0, -STAMP_BYTES);
    const stamp = bytes.subarray(-STAMP_BYTES);
    return this.keys.some((key) => timingSafeEqual(stampOf(key, named), stamp)) ? idIn(bytes) : undefined;
  }
}

const stampOf = (key: KeyObject, named: Buffer): Buffer =>
  createHmac('sha256', key).update(named).digest().subarray(0, STAMP_BYTES);

/** @returns undefined for what has not this form, or says the same bytes in another spelling */
function bytesOf(secret: string): Buffer | undefined {
  if (!FORM.test(secret)) return undefined;
  const bytes = Buffer.from(secret, 'base64url');
  return bytes.length === BYTES && bytes.toString('base64url') === secret ? bytes : undefined;
}

/** The id in the first 16 bytes. */
export function idIn(bytes: Buffer): string | undefined {
  const hex = bytes.toString('hex', 0, ID_BYTES);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return isId(id) ? id : undefined;
}
