import { compare, type Evidence, type LedgerEntry, type PaymentRow, type Receipt } from '../chaos/compare.js';

const G1 = '11111111-1111-4111-8111-111111111111';
const G2 = '22222222-2222-4222-8222-222222222222';

const approval: LedgerEntry = {
  paymentGuid: G1,
  invoiceNumber: 'I-1',
  amountCents: 300,
  approved: true,
  acknowledged: true,
  repeated: true,
};
const refusal: LedgerEntry = { ...approval, paymentGuid: G2, approved: false };
const payment: PaymentRow = {
  id: 'P-1',
  invoiceNumber: 'I-1',
  status: 'paid',
  amountPaidCents: 300,
  refundDueCents: 0,
  receipts: [{ paymentGuid: G1, amountCents: 300 }],
  told: true,
};
const unpaid: PaymentRow = { ...payment, status: 'open', amountPaidCents: 0, receipts: [] };
const ofApproval: Receipt = {
  webhookId: 'W-1',
  paymentGuid: G1.toUpperCase(),
  invoiceNumber: 'I-1',
  amountCents: 300,
  approved: true,
};
const ofRefusal: Receipt = { ...ofApproval, webhookId: 'W-2', paymentGuid: G2, approved: false };
const sound: Evidence = {
  ledger: [refusal, approval],
  payments: [payment],
  receipts: [ofRefusal, ofApproval, ofApproval],
  openings: [{ what: 'key K-1', pages: ['page', 'page'] }],
  quiet: new Set(),
};
const found = (change: Partial<Evidence>) => {
  const { lost, doubled, wronglyPaid, missing } = compare({ ...sound, ...change });
  return [lost.length, doubled.length, wronglyPaid.length, missing.length];
};

describe('the comparison of ledger, payments and receipts', () => {
  it('finds nothing where the three agree, repeats of a message included', () => {
    expect(found({})).toEqual([0, 0, 0, 0]);
    expect(compare(sound).counts).toEqual({ moved: 1, paid: 1, receipts: 2 });
  });

  it.each<[what: string, change: Partial<Evidence>, lost: number, doubled: number, wrong: number, missing: number]>([
    ['an acknowledged approval without a payment', { payments: [unpaid], receipts: [ofRefusal] }, 1, 0, 0, 0],
    ['a paid payment of which the partner was not told', { receipts: [ofRefusal] }, 1, 0, 0, 0],
    ['an acknowledged refusal of which the partner was not told', { receipts: [ofApproval] }, 1, 0, 0, 0],
    ['a refusal that was held instead', { receipts: [ofApproval], quiet: new Set([G2]) }, 0, 0, 0, 0],
    [
      'a partner who did not ask to be told',
      { payments: [{ ...payment, told: false }], receipts: [ofRefusal] },
      0,
      0,
      0,
      0,
    ],
    [
      'two messages for one approval',
      { receipts: [ofRefusal, ofApproval, { ...ofApproval, webhookId: 'W-3' }] },
      0,
      1,
      0,
      0,
    ],
    [
      'two messages for one refusal',
      { receipts: [ofApproval, ofRefusal, { ...ofRefusal, webhookId: 'W-3' }] },
      0,
      1,
      0,
      0,
    ],
    ['one approval that pays two payments', { payments: [payment, { ...payment, id: 'P-2' }] }, 0, 1, 0, 0],
    [
      'a payer who paid twice',
      { ledger: [refusal, approval, { ...approval, acknowledged: false, repeated: false, paymentGuid: 'G-3' }] },
      0,
      1,
      0,
      1,
    ],
    [
      'one key that was answered with two pages',
      { openings: [{ what: 'key K-1', pages: ['page', 'other'] }] },
      0,
      1,
      0,
      0,
    ],
    ['a payment without money', { ledger: [refusal], receipts: [ofRefusal] }, 0, 0, 1, 0],
    [
      'a payment by a refused card',
      {
        ledger: [refusal, { ...approval, approved: false }],
        receipts: [ofRefusal, { ...ofApproval, approved: false }],
      },
      0,
      0,
      1,
      0,
    ],
    ['a payment by the money for another invoice', { payments: [{ ...payment, invoiceNumber: 'I-9' }] }, 0, 0, 1, 0],
    [
      'a payment of another amount',
      { payments: [{ ...payment, amountPaidCents: 200, receipts: [{ paymentGuid: G1, amountCents: 200 }] }] },
      0,
      0,
      1,
      0,
    ],
    ['a sum that is not that of its receipts', { payments: [{ ...payment, amountPaidCents: 600 }] }, 0, 0, 1, 0],
    ['money to be returned that was owed', { payments: [{ ...payment, refundDueCents: 300 }] }, 0, 0, 1, 0],
    [
      'a message that tells of another amount',
      { receipts: [ofRefusal, { ...ofApproval, amountCents: 100 }] },
      0,
      0,
      1,
      0,
    ],
    [
      'a message about a payment that never was',
      { receipts: [...sound.receipts, { ...ofApproval, webhookId: 'W-3', paymentGuid: 'G-9' }] },
      0,
      0,
      1,
      0,
    ],
    [
      'a repeat that says something else',
      { receipts: [...sound.receipts, { ...ofApproval, amountCents: 100 }] },
      0,
      0,
      1,
      0,
    ],
  ])('finds %s', (_, change, lost, doubled, wrong, missing) => {
    expect(found(change)).toEqual([lost, doubled, wrong, missing]);
  });

  it('calls a PostBack that was sent once and never answered missing, and one that was repeated lost', () => {
    const left = { ...approval, acknowledged: false };
    const change = { payments: [unpaid], receipts: [ofRefusal] };
    expect(found({ ...change, ledger: [refusal, { ...left, repeated: false }] })).toEqual([0, 0, 0, 1]);
    expect(found({ ...change, ledger: [refusal, { ...left, repeated: true }] })).toEqual([1, 0, 0, 0]);
  });

  it('wants the money back that the run made the payer pay once more', () => {
    const again = { ...approval, paymentGuid: 'G-3', again: true };
    const ledger = [refusal, approval, again];
    const receipts = [...sound.receipts, { ...ofApproval, webhookId: 'W-3', paymentGuid: 'G-3' }];
    const both = [
      { paymentGuid: G1, amountCents: 300 },
      { paymentGuid: 'G-3', amountCents: 300 },
    ];
    const booked = { ...payment, amountPaidCents: 600, receipts: both };
    expect(found({ ledger, receipts, payments: [{ ...booked, refundDueCents: 300 }] })).toEqual([0, 0, 0, 0]);
    expect(found({ ledger, receipts, payments: [booked] })).toEqual([0, 0, 1, 0]);
  });
});
