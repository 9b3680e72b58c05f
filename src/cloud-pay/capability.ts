import { bytesOfChance } from '../common/chance.js';
import { isId } from '../common/id.js';

const ID_BYTES = 16;
const SECRET_BYTES = 32;
/** Base64url of both, without padding. */
const FORM = /^[\w-]{64}$/;

/**
 * The last part of a payment's PostBackURL, in the path since a query string might not survive the way: the payment's id, so
 * that its row is found with what hangs on it, and 256 bits of chance, which alone prove anything. Stored as the digest of
 * the whole.
 */
export const newCapability = (paymentId: string): string =>
  Buffer.concat([Buffer.from(paymentId.replaceAll('-', ''), 'hex'), bytesOfChance(SECRET_BYTES)]).toString('base64url');

/** @returns undefined for what is no capability of this form; whether there is such a payment is not known here */
export function paymentIdOf(capability: string): string | undefined {
  if (!FORM.test(capability)) return undefined;
  const hex = Buffer.from(capability, 'base64url').toString('hex', 0, ID_BYTES);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return isId(id) ? id : undefined;
}
