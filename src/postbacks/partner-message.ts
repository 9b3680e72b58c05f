import type { Attempt, LockedPayment } from '../cloud-pay/settlement.js';
import { dollarsOf } from '../common/money.js';
import { fieldOf, formOf, isReserved, type PostbackMessage, type RawPostback } from './postback-message.js';

/** What we add at the end of what is relayed, where the signature covers it. */
export interface Addition {
  readonly paymentId: string;
  /** The payment's status that this message made. */
  readonly status: string;
  /** Grows by one with each message about the payment. */
  readonly sequence: number;
}

/** As Invoice Cloud sent it, to the byte where it was a form, and our own fields behind. */
export const relayedForm = (raw: RawPostback, message: PostbackMessage, addition: Addition): string =>
  join(formOf(raw, message), addition);

/** What an administrator accepted: the fields that money hangs on say what was accepted, each once. */
export function acceptedForm(
  message: PostbackMessage,
  payment: LockedPayment,
  attempt: Attempt,
  addition: Addition,
): string {
  const accepted: [string, string][] = [
    ['BillerGUID', payment.billerGuid],
    ['InvoiceNumber', payment.invoiceNumber],
    ['Approved', attempt.approved ? 'True' : 'False'],
    ['PaymentGUID', attempt.paymentGuid],
    ['PaymentAmount', dollarsOf(attempt.amountCents)],
    ['BillerReference', payment.billerReference ?? ''],
    ['ConvenienceFee', attempt.feeCents === null ? '' : dollarsOf(attempt.feeCents)],
  ];
  const names = new Set(accepted.map(([name]) => name.toLowerCase()));
  const others = new Map(message.fields.map(([name]) => [name.toLowerCase(), name] as const));
  const rest = [...others.values()]
    .filter((name) => !names.has(name.toLowerCase()) && !isReserved(name))
    .map((name): [string, string] => [name, fieldOf(message, name) ?? '']);
  return join(new URLSearchParams([...accepted, ...rest]).toString(), addition);
}

function join(form: string, { paymentId, status, sequence }: Addition): string {
  // None of them holds a character that a form would escape.
  const ours = `BillbridgePaymentId=${paymentId}&BillbridgeStatus=${status}&BillbridgeSequence=${sequence}`;
  return form === '' ? ours : `${form}&${ours}`;
}
