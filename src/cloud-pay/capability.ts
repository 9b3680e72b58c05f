import type { SecretBox } from '../common/secret-box.js';
import { idIn, type StampedSecrets } from '../common/stamp.js';

/** Base64url of the payment's id, 32 bytes of chance and, since the spool, a stamp of 16 bytes. */
const FORM = /^([\w-]{64}|[\w-]{86})$/;

/**
 * The last part of a payment's PostBackURL, in the path since a query string might not survive the way. It names the payment, so
 * that its row is found with what hangs on it. The 256 bits of chance prove that the sender was given the address; the database
 * keeps the digest of the whole alone. The stamp tells a genuine address from a stranger's while the database is away.
 */
export const capabilitiesOf = (box: SecretBox): StampedSecrets => box.stampedSecrets('postback-capability');

/**
 * Tickets of the return page. They name the payment as capabilities do, so that the page can say something of it while the
 * database is away.
 */
export const returnTicketsOf = (box: SecretBox): StampedSecrets => box.stampedSecrets('return-ticket');

/**
 * The payment that a capability names, with a stamp or of the form of before.
 * @returns undefined for what is no capability of these forms; whether there is such a payment is not known here
 */
export const paymentIdOf = (capability: string): string | undefined =>
  FORM.test(capability) ? idIn(Buffer.from(capability, 'base64url')) : undefined;
