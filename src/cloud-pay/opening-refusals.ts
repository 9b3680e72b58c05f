import type { PlatformError } from '../common/platform-error.js';
import type { Earlier, NextStep } from './earlier.js';
import { InvoiceAlreadyPaid, InvoiceBeingOpened, PaymentBeingRecorded, PaymentUncertain } from './errors.js';

/** What the partner is told who may not have a page. */
export function refusal(
  step: Exclude<NextStep, 'new-page' | 'same-page'>,
  { id, beingRecorded }: Earlier,
): PlatformError {
  switch (step) {
    case 'already-paid':
      return alreadyPaid(id);
    case 'being-opened':
      return beingOpened(id);
    case 'being-recorded':
      return new PaymentBeingRecorded(
        `A PostBack of payment ${beingRecorded ?? id} was taken while it could not be recorded. Look at that payment in a few seconds; do not have the payer pay again.`,
        { retryAfter: 5 },
      );
    case 'uncertain':
      return new PaymentUncertain(
        `Payment ${id} for the same invoice may have been paid: a process of this platform can not be asked for what it has taken. Send this request again after Retry-After.`,
        { retryAfter: 10 },
      );
  }
}

const alreadyPaid = (paymentId: string): InvoiceAlreadyPaid =>
  new InvoiceAlreadyPaid(`Payment ${paymentId} has settled this invoice. Give a new debt a new InvoiceNumber.`);

export const beingOpened = (paymentId: string): InvoiceBeingOpened =>
  new InvoiceBeingOpened(
    `Payment ${paymentId} for the same invoice waits for Invoice Cloud. Send this request again in a few seconds: it is then answered with the same page.`,
    { retryAfter: 2 },
  );
