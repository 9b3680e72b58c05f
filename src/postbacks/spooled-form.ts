import type { Kept } from '../spool/frames.js';
import type { Address } from './address.js';
import type { Received } from './recorder.js';

/** Goes up when the form changes. A release reads the forms before its own, and leaves those after it alone. */
const FORM = 1;

interface Form1 {
  readonly form: typeof FORM;
  /** Of the capability, base64url. */
  readonly digest: string;
  /** As a postback's `raw_sealed`: owner is the message's id, field `raw`. */
  readonly rawSealed: string;
}

/** What is read back. */
export interface Spooled {
  readonly address: Address;
  readonly rawSealed: string;
}

/** A PostBack as it stands in the spool. Only a genuine address is kept, and it names its payment. */
export function spooled(paymentId: string, address: Address, { id, rawSealed }: Received, at: number): Kept {
  const body: Form1 = { form: FORM, digest: address.digest.toString('base64url'), rawSealed };
  return { id, subject: paymentId, at, body: JSON.stringify(body) };
}

/** @returns undefined for a form that this release does not know */
export function readSpooled({ subject, body }: Pick<Kept, 'subject' | 'body'>): Spooled | undefined {
  const { form, digest, rawSealed } = JSON.parse(body) as Form1;
  if (form !== FORM) return undefined;
  return { address: { paymentId: subject, digest: Buffer.from(digest, 'base64url'), isGenuine: true }, rawSealed };
}
