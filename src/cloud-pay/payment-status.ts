export const PAYMENT_STATUSES = [
  'opening',
  'open',
  'failed',
  'unconfirmed',
  'declined',
  'expired',
  'partially-paid',
  'paid',
  'overpaid',
  'duplicate-payment',
] as const;

/**
 * - `opening`: recorded here, Invoice Cloud not yet heard
 * - `open`: the payer can pay on the hosted page
 * - `failed`: Invoice Cloud certainly made no hosted page; asking again makes a new payment
 * - `unconfirmed`: the answer was lost, so Invoice Cloud may have made a page that nobody was given
 * - `declined`: the last attempt was refused; the payer may try again on the same page
 * - `expired`: the hosted page's life ended without a PostBack
 * - `partially-paid`: verified, less than what was asked, as the request allowed it
 * - `paid`: verified, what was asked, together with the parts on other pages of the invoice
 * - `overpaid`: verified, more than what was asked; the rest is to be refunded
 * - `duplicate-payment`: the invoice was paid before, by another PaymentGUID; what came again is to be refunded
 */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Money has moved. */
const WITH_MONEY: readonly PaymentStatus[] = ['partially-paid', 'paid', 'overpaid', 'duplicate-payment'];

/** Nothing is owed any more: another payment for the same invoice is one too many. */
const SETTLED: readonly PaymentStatus[] = ['paid', 'overpaid', 'duplicate-payment'];

/**
 * What may follow what. Money is never taken back by a message: no refusal and no expiry follows it. A PostBack may
 * overtake the answer to our own request, and a page that we took for failed, lost or expired can still be paid, so every
 * state without money leads to those with it.
 */
const NEXT: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  opening: ['open', 'failed', 'unconfirmed', 'declined', ...WITH_MONEY],
  open: ['declined', 'expired', ...WITH_MONEY],
  failed: ['declined', ...WITH_MONEY],
  unconfirmed: ['declined', ...WITH_MONEY],
  declined: ['declined', ...WITH_MONEY],
  expired: ['declined', ...WITH_MONEY],
  'partially-paid': WITH_MONEY,
  paid: ['duplicate-payment'],
  overpaid: ['duplicate-payment'],
  'duplicate-payment': ['duplicate-payment'],
};

export const mayBecome = (from: PaymentStatus, to: PaymentStatus): boolean => NEXT[from].includes(to);

export const hasMoney = (status: PaymentStatus): boolean => WITH_MONEY.includes(status);

export const isSettled = (status: PaymentStatus): boolean => SETTLED.includes(status);

/** What is asked and what has come in so far. Cents. */
export interface Balance {
  readonly status: PaymentStatus;
  readonly amountDueCents: number | null;
  readonly amountPaidCents: number | null;
}

export interface Outcome {
  readonly status: PaymentStatus;
  /** All that came in, with what is to be returned. Cents. */
  readonly amountPaidCents: number;
  /** How much of this one amount is to be returned. Cents. */
  readonly refundCents: number;
}

/** What the other pages of the same invoice have come to. */
export interface OtherPages {
  /** One of them has settled the invoice. */
  readonly paidElsewhere: boolean;
  /** Parts that were paid there and count towards what this page asks (decision 12). Cents. */
  readonly otherPagesCents: number;
}

/** What an approved amount makes of a payment. A pure function. */
export function outcomeOf(before: Balance, amountCents: number, other: OtherPages): Outcome {
  const amountPaidCents = (before.amountPaidCents ?? 0) + amountCents;
  const total = amountPaidCents + other.otherPagesCents;
  const due = before.amountDueCents ?? total;
  // An older page may have asked for more, and parts there for all that this one asks.
  const nothingLeft = other.otherPagesCents > 0 && total - amountCents >= due;
  if (other.paidElsewhere || nothingLeft || isSettled(before.status)) {
    return { status: 'duplicate-payment', amountPaidCents, refundCents: amountCents };
  }
  if (total < due) return { status: 'partially-paid', amountPaidCents, refundCents: 0 };
  if (total === due) return { status: 'paid', amountPaidCents, refundCents: 0 };
  return { status: 'overpaid', amountPaidCents, refundCents: total - due };
}
