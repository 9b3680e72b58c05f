import { isSettled, type PaymentStatus } from '../cloud-pay/payment-status.js';
import type { InvoiceStatus } from '../invoice-cloud/invoice-cloud.client.js';

export const CATEGORIES = ['match', 'mismatch', 'missing', 'duplicate', 'conflicting', 'not-asked'] as const;

/**
 * - `match`: Invoice Cloud was asked, and nothing speaks against what we have
 * - `mismatch`: both sides have money, but not the same amount
 * - `missing`: Invoice Cloud has money of which no PostBack told us
 * - `duplicate`: more was paid than is owed, and is to be returned
 * - `conflicting`: the sides, or two messages, contradict each other; people decide
 * - `not-asked`: of none of these: nothing in our own books speaks against it, and there is nothing to hold them against
 */
export type Category = (typeof CATEGORIES)[number];

/** What we have. Amounts in cents. */
export interface Booked {
  readonly status: PaymentStatus;
  readonly amountDueCents: number | null;
  /**
   * Over all payments for the same invoice, since a payer may have paid on more than one page; without what was too much,
   * whether it has been returned by now or is still due.
   */
  readonly invoiceKeptCents: number;
  /** Of this payment, and not yet returned. */
  readonly refundDueCents: number;
  readonly needsReview: boolean;
  /** A refusal came after the money. */
  readonly alerted: boolean;
}

export interface Finding {
  readonly category: Category;
  /** Stable, for programs; what it means stands in docs/reconciliation.md. */
  readonly reason: string;
}

const finding = (category: Category, reason: string): Finding => ({ category, reason });

/**
 * Sorts one payment. A pure function.
 * @param said what Invoice Cloud answers about the invoice; null where it was not, or could not be, asked
 */
export function compare(booked: Booked, said: InvoiceStatus | null): Finding {
  const { status, invoiceKeptCents: ours } = booked;
  if (status === 'duplicate-payment' && booked.refundDueCents > 0) return finding('duplicate', 'paid-more-than-once');
  if (booked.needsReview) return finding('conflicting', 'postback-held');
  if (said?.found) {
    const taken = Math.max(said.totalAmountDueCents - said.balanceDueCents, 0);
    if (taken > 0 && ours === 0) return finding('missing', 'paid-without-postback');
    if (taken === 0 && ours > 0) return finding('conflicting', 'paid-here-owed-there');
    if (taken !== ours) return finding('mismatch', 'amounts-differ');
  }
  if (booked.refundDueCents > 0) return finding('duplicate', 'overpaid');
  if (booked.alerted) return finding('conflicting', 'refusal-after-approval');
  if (said === null) {
    if (status === 'unconfirmed' && ours === 0) return finding('mismatch', 'opening-unconfirmed');
    // Of a page that was never made there is nothing to ask.
    return finding('not-asked', status === 'failed' ? 'no-page' : 'own-books-only');
  }
  if (!said.found) return finding('match', ours > 0 ? 'unknown-there' : 'unknown-there-unpaid');
  // The money may be another payment's for the same invoice.
  const paid = isSettled(status) || (ours > 0 && said.balanceDueCents === 0);
  return finding('match', paid ? 'paid-on-both-sides' : 'owed-on-both-sides');
}
