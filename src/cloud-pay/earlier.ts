import { isSettled, type PaymentStatus } from './payment-status.js';

/**
 * What stands in the way of a new page for an invoice, as one statement has seen it: marks, promises of spools and records are
 * true of the same moment.
 */
export interface Earlier {
  /** Of the payments for the same invoice: one that settled it, is opened now, or can be given again, else the newest. */
  readonly id: string;
  readonly status: PaymentStatus;
  readonly sameTerms: boolean;
  readonly pageLives: boolean;
  /** Its process has had the time to answer, and did not. */
  readonly abandoned: boolean;
  /** Any payment of the invoice, of which a PostBack was answered and waits in a spool. */
  readonly beingRecorded: string | null;
  /** The payer may have been given a page, and a process that can't be asked may hold a PostBack of it. */
  readonly uncertain: boolean;
}

export type NextStep = 'new-page' | 'same-page' | 'already-paid' | 'being-recorded' | 'being-opened' | 'uncertain';

/**
 * What an opening may do. A pure function, played by the model of the spool: nobody is given a page to pay what was paid already.
 */
export function nextStep(newest: Earlier | undefined): NextStep {
  if (!newest) return 'new-page';
  if (isSettled(newest.status)) return 'already-paid';
  if (newest.beingRecorded !== null) return 'being-recorded';
  if (newest.status === 'opening' && !newest.abandoned) return 'being-opened';
  if (newest.uncertain) return 'uncertain';
  return newest.pageLives && newest.sameTerms ? 'same-page' : 'new-page';
}
