import { hasMoney, isSettled, type PaymentStatus } from '../cloud-pay/payment-status.js';
import type { InvoiceStatus } from '../invoice-cloud/invoice-cloud.client.js';

export const CATEGORIES = ['match', 'mismatch', 'missing', 'duplicate', 'conflicting'] as const;

/**
 * - `match`: nothing speaks against what we have
 * - `mismatch`: both sides have money, but not the same amount
 * - `missing`: Invoice Cloud has money of which no PostBack told us
 * - `duplicate`: more was paid than is owed, and is to be returned
 * - `conflicting`: the sides, or two messages, contradict each other; people decide
 */
export type Category = (typeof CATEGORIES)[number];

/** What we have. Amounts in cents. */
export interface Booked {
  readonly status: PaymentStatus;
  readonly amountDueCents: number | null;
  /** Over all payments for the same invoice: a payer may have paid on more than one page. */
  readonly invoicePaidCents: number;
  readonly refundDueCents: number;
  readonly needsReview: boolean;
  /** A refusal came after the money. */
  readonly alerted: boolean;
}

export interface Finding {
  readonly category: Category;
  /** Stable, for programs; what it means stands in the README. */
  readonly reason: string;
}

const finding = (category: Category, reason: string): Finding => ({ category, reason });

/**
 * Sorts one payment. A pure function.
 * @param said what Invoice Cloud answers about the invoice; null where it was not, or could not be, asked
 */
export function compare(booked: Booked, said: InvoiceStatus | null): Finding {
  if (booked.status === 'duplicate-payment') return finding('duplicate', 'paid-more-than-once');
  if (booked.needsReview) return finding('conflicting', 'postback-held');
  if (said?.found) {
    const taken = Math.max(said.totalAmountDueCents - said.balanceDueCents, 0);
    const ours = booked.invoicePaidCents - booked.refundDueCents;
    if (taken > 0 && ours === 0) return finding('missing', 'paid-without-postback');
    if (taken === 0 && ours > 0) return finding('conflicting', 'paid-here-owed-there');
    if (taken !== ours) return finding('mismatch', 'amounts-differ');
  }
  if (booked.refundDueCents > 0) return finding('duplicate', 'overpaid');
  if (booked.alerted) return finding('conflicting', 'refusal-after-approval');
  if (booked.status === 'unconfirmed' && booked.invoicePaidCents === 0) {
    return said === null ? finding('mismatch', 'opening-unconfirmed') : finding('match', 'owed-on-both-sides');
  }
  if (said === null) return finding('match', 'not-asked');
  if (!said.found) {
    return hasMoney(booked.status) ? finding('match', 'unknown-there') : finding('match', 'unknown-there-unpaid');
  }
  return finding('match', isSettled(booked.status) ? 'paid-on-both-sides' : 'owed-on-both-sides');
}
