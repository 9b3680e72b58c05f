import { hash } from 'node:crypto';
import type { Attempt } from '../cloud-pay/settlement.js';
import { centsOf } from '../common/money.js';
import { textOf, type PostbackMessage, type RawPostback } from './postback-message.js';

/** What was asked, against which a message is held. */
export interface Asked {
  readonly billerGuid: string;
  readonly invoiceNumber: string;
  readonly billerReference: string | null;
  readonly amountDueCents: number | null;
  /** What has come in so far, here */
  readonly amountPaidCents: number | null;
  /** and on other pages of the invoice. */
  readonly otherPagesCents: number;
  readonly allowPartial: boolean;
  readonly minimumDueCents: number | null;
}

/**
 * What a message is taken for. `verified`: it agrees with what was asked. `held`: something differs or can't be read, and
 * an administrator decides. The third verdict, `rejected`, is theirs to give, or that of an address that is no payment's.
 */
export type Verdict =
  | { readonly verdict: 'verified'; readonly attempt: Attempt }
  | { readonly verdict: 'held'; readonly reasons: readonly string[] };

/** As far as a message can be read; undefined where it can't. */
export type Readable = { readonly [Part in keyof Attempt]: Attempt[Part] | undefined };

/**
 * Approval is a closed list (observed: the texts True and False). Whatever else is written there is not an approval; a map,
 * since an object would find `__proto__` too.
 */
const APPROVED: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/**
 * Compares a PostBack, which anyone could have written, with what was asked. A pure function: nothing about it
 * depends on what was recorded before.
 *
 * PaymentAmount is taken to be without ConvenienceFee (assumed: both stand in the message side by side).
 */
export function judge(message: PostbackMessage, asked: Asked): Verdict {
  if (message.doubts.length > 0) return { verdict: 'held', reasons: message.doubts };
  const reasons: string[] = [];
  const { approved, paymentGuid, amountCents, feeCents } = readAttempt(message);

  if (approved === undefined) reasons.push('approved-unreadable');
  if (paymentGuid === undefined) reasons.push('payment-guid-unreadable');
  if (textOf(message, 'BillerGUID').toLowerCase() !== asked.billerGuid.toLowerCase())
    reasons.push('biller-guid-differs');
  if (textOf(message, 'InvoiceNumber') !== asked.invoiceNumber) reasons.push('invoice-number-differs');
  if (textOf(message, 'BillerReference') !== (asked.billerReference ?? '').trim())
    reasons.push('biller-reference-differs');
  if (amountCents === undefined) reasons.push('amount-unreadable');
  else reasons.push(...refuseAmount(amountCents, asked));
  if (feeCents === undefined) reasons.push('fee-unreadable');

  if (
    reasons.length > 0 ||
    approved === undefined ||
    paymentGuid === undefined ||
    amountCents === undefined ||
    feeCents === undefined
  ) {
    return { verdict: 'held', reasons };
  }
  return { verdict: 'verified', attempt: { approved, paymentGuid, amountCents, feeCents } };
}

/** Reads what a message says about money, without comparing it. */
export function readAttempt(message: PostbackMessage): Readable {
  const fee = textOf(message, 'ConvenienceFee');
  return {
    approved: APPROVED.get(textOf(message, 'Approved').toLowerCase()),
    paymentGuid: paymentGuidOf(message) ?? undefined,
    amountCents: centsOf(textOf(message, 'PaymentAmount')),
    feeCents: fee === '' ? null : centsOf(fee),
  };
}

/** Where part payments are allowed, the payer says how much: not less than the minimum, unless less is left to pay. */
function refuseAmount(amountCents: number, asked: Asked): string[] {
  if (asked.amountDueCents === null) return ['amount-not-asked'];
  if (amountCents === asked.amountDueCents) return [];
  if (!asked.allowPartial) return ['amount-differs'];
  const left = Math.max(asked.amountDueCents - (asked.amountPaidCents ?? 0) - asked.otherPagesCents, 0);
  const least = Math.min(asked.minimumDueCents ?? 1, left || 1);
  return amountCents < Math.max(least, 1) ? ['amount-below-minimum'] : [];
}

/**
 * A GUID in one spelling, whatever its case and braces: the same payment must not count as two.
 * @returns null when it is missing, or nothing that could be one
 */
export function paymentGuidOf(message: PostbackMessage): string | null {
  return paymentGuidIn(textOf(message, 'PaymentGUID'));
}

/** As `paymentGuidOf`, for what an administrator writes. */
export function paymentGuidIn(text: string): string | null {
  const guid = /^\{?([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\}?$/i.exec(text)?.[1];
  if (guid) return guid.toLowerCase();
  return /^[\w{}-]{1,64}$/.test(text) ? text : null;
}

/**
 * A digest of what a message says about money, as it was understood: a repetition has the same one, even if its date or the
 * spelling of its amount is another. What can't be understood is compared to the byte.
 */
export function meaningOf(message: PostbackMessage, raw: RawPostback): Buffer {
  const paymentGuid = paymentGuidOf(message);
  const approved = APPROVED.get(textOf(message, 'Approved').toLowerCase());
  const amountCents = centsOf(textOf(message, 'PaymentAmount'));
  const understood =
    message.doubts.length === 0 && paymentGuid !== null && approved !== undefined && amountCents !== undefined;
  const fee = textOf(message, 'ConvenienceFee');
  const said = understood
    ? [
        paymentGuid,
        approved,
        amountCents,
        centsOf(fee) ?? fee,
        textOf(message, 'BillerGUID').toLowerCase(),
        textOf(message, 'InvoiceNumber'),
        textOf(message, 'BillerReference'),
      ]
    : [raw.contentType, raw.query, raw.body];
  return hash('sha256', JSON.stringify(said), 'buffer');
}
