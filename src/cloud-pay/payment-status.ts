export const PAYMENT_STATUSES = ['opening', 'open', 'failed', 'paid', 'declined'] as const;

/**
 * - `opening`: recorded here, Invoice Cloud not yet heard
 * - `open`: the payer can pay on the hosted page
 * - `failed`: no hosted page came back; asking again makes a new payment
 * - `paid`: verified
 * - `declined`: the last attempt was refused; the payer may try again on the same page
 */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/**
 * What may follow what. Nothing follows `paid`: a late or forged refusal can't undo it. A PostBack may overtake the
 * answer to our own request, and a page whose answer was lost can still be paid, so `opening` and `failed` lead to
 * `paid` as well.
 */
const NEXT: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  opening: ['open', 'failed', 'paid', 'declined'],
  open: ['paid', 'declined'],
  failed: ['paid', 'declined'],
  declined: ['paid', 'declined'],
  paid: [],
};

export const mayBecome = (from: PaymentStatus, to: PaymentStatus): boolean => NEXT[from].includes(to);
