import type { EntityManager } from 'typeorm';
import type { PaymentStatus } from '../cloud-pay/payment-status.js';
import { fieldOf, type PostbackMessage, textOf } from './postback-message.js';

/** On which money hangs; nothing else of a payer is shown. */
const SHOWN = ['BillerGUID', 'InvoiceNumber', 'BillerReference', 'Approved', 'PaymentGUID', 'PaymentAmount'] as const;

/** What a message says of those fields; what it does not say is left out. */
export function saidIn(message: PostbackMessage): Record<string, string> {
  const said = SHOWN.map((name) => [name, fieldOf(message, name)?.slice(0, 200)] as const);
  return Object.fromEntries(
    said.filter((entry): entry is readonly [(typeof SHOWN)[number], string] => entry[1] !== undefined),
  );
}

/** A payment that a message may be about: the same biller and invoice. */
export interface Candidate {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly amountDueCents: number | null;
  readonly amountPaidCents: number | null;
}

/** The newest first, ten at most. */
export function candidatesFor(manager: EntityManager, message: PostbackMessage): Promise<Candidate[]> {
  return manager.query<Candidate[]>(
    `select p.id, p.status, p.amount_due_cents::float8 as "amountDueCents", p.amount_paid_cents::float8 as "amountPaidCents"
     from payments p join billers b on b.id = p.biller_id
     where b.biller_guid::text = $1 and p.invoice_number = $2 order by p.id desc limit 10`,
    [textOf(message, 'BillerGUID').toLowerCase(), textOf(message, 'InvoiceNumber').replaceAll('\u0000', '')],
  );
}
