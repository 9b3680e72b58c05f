import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { bytesOfChance } from './chance.js';
import { PlatformError } from './platform-error.js';
import { StampedSecrets } from './stamp.js';

/** A key of the ring: its id stands in every sealed value, so that keys can rotate while the platform serves. */
export interface EncryptionKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

/** A sealed value could not be opened: the key it names is not in the ring, or it was moved or altered. */
export class SealBroken extends PlatformError {
  static override readonly code = 'secret_unreadable';
  static override readonly status = 500;
  static override readonly title = 'A stored secret could not be opened';
}

/**
 * AES-256-GCM. The first key seals, all keys open. `owner` and `field` are bound to the value as associated data, so
 * that a sealed value copied to another row or column does not open there.
 *
 * Form: `v1.<key id>.<base64url of iv (12 bytes), ciphertext, tag (16 bytes)>`
 */
export class SecretBox {
  private readonly byId: ReadonlyMap<string, KeyObject>;
  private readonly firstId: string;
  private readonly first: KeyObject;

  constructor(ring: readonly EncryptionKey[]) {
    const [first] = ring;
    if (!first) throw new Error('the encryption key ring is empty');
    // Once and not at every use: from bytes, OpenSSL makes the key anew each time, which costs more than sealing.
    this.byId = new Map(ring.map((key) => [key.id, createSecretKey(key.bytes)]));
    this.firstId = first.id;
    this.first = createSecretKey(first.bytes);
  }

  seal(plain: string, owner: string, field: string): string {
    const iv = bytesOfChance(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.first, iv).setAAD(binding(owner, field));
    const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `v1.${this.firstId}.${sealed.toString('base64url')}`;
  }

  /** A digest that nobody without the ring can guess a value from. It changes with the first key of the ring. */
  blindDigest(text: string): Buffer {
    return createHmac('sha256', this.first).update('blind-digest\u0000').update(text, 'utf8').digest();
  }

  /** Bearer secrets of one purpose, stamped with keys that are derived from this ring. */
  stampedSecrets(purpose: string): StampedSecrets {
    return new StampedSecrets([...this.byId.values()], purpose);
  }

  /** @throws SealBroken when the key is missing, or the value was altered or belongs to another owner or field. */
  open(sealed: string, owner: string, field: string): string {
    const [version, keyId = '', body = ''] = sealed.split('.');
    const key = this.byId.get(keyId);
    if (version !== 'v1' || !key) {
      throw new SealBroken(
        `The ${field} was sealed with encryption key "${keyId}", which is not in ENCRYPTION_KEYS. Add that key to the ring.`,
      );
    }
    const bytes = Buffer.from(body, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        .setAAD(binding(owner, field))
        .setAuthTag(bytes.subarray(-16));
      return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new SealBroken(`The ${field} does not open: it was altered, moved, or its key was replaced under its id.`);
    }
  }
}

const IV_BYTES = 12;

const binding = (owner: string, field: string): Buffer => Buffer.from(`${owner}\u0000${field}`, 'utf8');

/** How bearer values (keys, capabilities, tickets) are looked up. They carry 128 bits or more, so no salt is needed. */
export const digestOf = (bearer: string): Buffer => hash('sha256', bearer, 'buffer');
