import type { FaultBody } from './control-faults.js';

/** A fault that one click arms. */
export interface Preset {
  readonly id: string;
  readonly label: string;
  readonly fault: FaultBody;
}

/** Of the next Cloud Payments request. */
export const WIRE_PRESETS: readonly Preset[] = [
  { id: 'wire-slow', label: '5 seconds late', fault: { operation: 'cloud-payments', kind: 'delay', ms: 5000 } },
  { id: 'wire-401', label: '401', fault: { operation: 'cloud-payments', kind: 'status', status: 401 } },
  { id: 'wire-429', label: '429', fault: { operation: 'cloud-payments', kind: 'status', status: 429 } },
  { id: 'wire-500', label: '500', fault: { operation: 'cloud-payments', kind: 'status', status: 500 } },
  { id: 'wire-html', label: 'HTML', fault: { operation: 'cloud-payments', kind: 'html' } },
  { id: 'wire-half', label: 'Half a body', fault: { operation: 'cloud-payments', kind: 'half-body' } },
  { id: 'wire-socket', label: 'Dead socket', fault: { operation: 'cloud-payments', kind: 'reset' } },
  { id: 'wire-lost', label: 'Answer lost', fault: { operation: 'cloud-payments', kind: 'answer-lost' } },
];

/** Of the next PostBack. */
export const POSTBACK_PRESETS: readonly Preset[] = [
  { id: 'late', label: '5 seconds late', fault: { operation: 'postback', kind: 'delay', ms: 5000 } },
  { id: 'missing', label: 'Missing', fault: { operation: 'postback', kind: 'missing' } },
  { id: 'twice', label: 'Twice', fault: { operation: 'postback', kind: 'twice' } },
  { id: 'at-once', label: 'Twice at once', fault: { operation: 'postback', kind: 'twice', atOnce: true } },
  { id: 'order', label: 'Out of order', fault: { operation: 'postback', kind: 'out-of-order' } },
  { id: 'forged', label: 'Forged refusal first', fault: { operation: 'postback', kind: 'forged-refusal' } },
  {
    id: 'amount',
    label: 'Amount $1,000,000.00',
    fault: { operation: 'postback', kind: 'changed', fields: { PaymentAmount: '1000000.00' } },
  },
  { id: 'half', label: 'Half a body', fault: { operation: 'postback', kind: 'half-body' } },
  { id: 'unread', label: 'Answer not read', fault: { operation: 'postback', kind: 'answer-lost' } },
];
