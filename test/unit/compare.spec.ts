import fc from 'fast-check';
import { hasMoney, isSettled, PAYMENT_STATUSES, type PaymentStatus } from '../../src/cloud-pay/payment-status.js';
import type { InvoiceStatus } from '../../src/invoice-cloud/soap.js';
import { type Booked, CATEGORIES, compare } from '../../src/reconciliation/compare.js';

const booked = (status: PaymentStatus, changes: Partial<Booked> = {}): Booked => ({
  status,
  amountDueCents: 300,
  invoiceKeptCents: isSettled(status) ? 300 : 0,
  refundDueCents: 0,
  needsReview: false,
  alerted: false,
  ...changes,
});
const said = (balanceDueCents: number, totalAmountDueCents = 300): InvoiceStatus => ({
  found: true,
  balanceDueCents,
  totalAmountDueCents,
  allowPartialPayments: false,
});
const UNKNOWN: InvoiceStatus = { found: false };
const [OWED, PAID, PART] = [said(300), said(0), said(200)];

describe('a payment beside what Invoice Cloud says', () => {
  test.each<[string, Booked, InvoiceStatus | null, string]>([
    ['paid on both sides', booked('paid'), PAID, 'match paid-on-both-sides'],
    ['open on both sides', booked('open'), OWED, 'match owed-on-both-sides'],
    ['declined, and owed there', booked('declined'), OWED, 'match owed-on-both-sides'],
    ['expired, and owed there', booked('expired'), OWED, 'match owed-on-both-sides'],
    ['unconfirmed, and owed there', booked('unconfirmed'), OWED, 'match owed-on-both-sides'],
    ['in part on both sides', booked('partially-paid', { invoiceKeptCents: 100 }), PART, 'match owed-on-both-sides'],
    ['paid by another page', booked('expired', { invoiceKeptCents: 300 }), PAID, 'match paid-on-both-sides'],
    ['a larger debt there, paid as asked', booked('paid'), said(700, 1000), 'match paid-on-both-sides'],
    ['open, not asked', booked('open'), null, 'not-asked own-books-only'],
    ['paid, not asked', booked('paid'), null, 'not-asked own-books-only'],
    ['failed, of which nobody is asked', booked('failed'), null, 'not-asked no-page'],
    ['paid, unknown there', booked('paid'), UNKNOWN, 'match unknown-there'],
    ['open, unknown there', booked('open'), UNKNOWN, 'match unknown-there-unpaid'],
    ['unconfirmed, unknown there', booked('unconfirmed'), UNKNOWN, 'match unknown-there-unpaid'],

    ['unconfirmed, not asked', booked('unconfirmed'), null, 'mismatch opening-unconfirmed'],
    ['less there', booked('paid'), PART, 'mismatch amounts-differ'],
    ['more there', booked('partially-paid', { invoiceKeptCents: 100 }), PAID, 'mismatch amounts-differ'],
    ['one cent more there', booked('paid'), said(0, 301), 'mismatch amounts-differ'],

    ['open, paid there', booked('open'), PAID, 'missing paid-without-postback'],
    ['open, paid there in part', booked('open'), PART, 'missing paid-without-postback'],
    ['expired, paid there', booked('expired'), PAID, 'missing paid-without-postback'],
    ['declined, paid there', booked('declined'), PAID, 'missing paid-without-postback'],
    ['unconfirmed, paid there', booked('unconfirmed'), PAID, 'missing paid-without-postback'],

    ['paid twice', booked('duplicate-payment', { refundDueCents: 300 }), PAID, 'duplicate paid-more-than-once'],
    [
      'paid twice, not asked',
      booked('duplicate-payment', { refundDueCents: 300 }),
      null,
      'duplicate paid-more-than-once',
    ],
    ['paid twice, and returned', booked('duplicate-payment'), PAID, 'match paid-on-both-sides'],
    ['paid first, of two payments', booked('paid', { invoiceKeptCents: 300 }), PAID, 'match paid-on-both-sides'],
    ['too much', booked('overpaid', { refundDueCents: 100 }), PAID, 'duplicate overpaid'],
    ['too much, not asked', booked('overpaid', { refundDueCents: 100 }), null, 'duplicate overpaid'],
    ['too much, and returned', booked('overpaid'), PAID, 'match paid-on-both-sides'],

    ['held', booked('open', { needsReview: true }), PAID, 'conflicting postback-held'],
    ['held, not asked', booked('open', { needsReview: true }), null, 'conflicting postback-held'],
    ['paid here, owed there', booked('paid'), OWED, 'conflicting paid-here-owed-there'],
    ['refused after it was paid', booked('paid', { alerted: true }), PAID, 'conflicting refusal-after-approval'],
    [
      'refused after it was paid, not asked',
      booked('paid', { alerted: true }),
      null,
      'conflicting refusal-after-approval',
    ],
  ])('%s', (_, ours, theirs, expected) => {
    const { category, reason } = compare(ours, theirs);
    expect(`${category} ${reason}`).toBe(expected);
  });
});

const CENTS = fc.integer({ min: 0, max: 1_000_000 });
const STATUS = fc.constantFrom(...PAYMENT_STATUSES);
const BOOKED: fc.Arbitrary<Booked> = fc.record({
  status: STATUS,
  amountDueCents: fc.option(CENTS),
  invoiceKeptCents: CENTS,
  refundDueCents: fc.oneof(fc.constant(0), CENTS),
  needsReview: fc.boolean(),
  alerted: fc.boolean(),
});
const SAID: fc.Arbitrary<InvoiceStatus | null> = fc.oneof(
  fc.constant(null),
  fc.constant(UNKNOWN),
  fc.tuple(CENTS, CENTS).map(([balance, total]) => said(balance, total)),
);
const takenOf = (theirs: InvoiceStatus): number =>
  theirs.found ? Math.max(theirs.totalAmountDueCents - theirs.balanceDueCents, 0) : 0;

describe('whatever both sides say', () => {
  test('has one category, and a reason for programs', () => {
    fc.assert(
      fc.property(BOOKED, SAID, (ours, theirs) => {
        const { category, reason } = compare(ours, theirs);
        expect(CATEGORIES).toContain(category);
        expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
      }),
    );
  });

  test('is a match only where Invoice Cloud was asked, no sum differs, nothing is to be returned, and nothing waits for people', () => {
    fc.assert(
      fc.property(BOOKED, SAID, (ours, theirs) => {
        if (compare(ours, theirs).category !== 'match') return;
        expect(theirs).not.toBeNull();
        expect(ours).toMatchObject({ needsReview: false, alerted: false, refundDueCents: 0 });
        if (theirs?.found) expect(takenOf(theirs)).toBe(ours.invoiceKeptCents);
      }),
    );
  });

  test('is missing exactly where money is there, none is here, and nobody looks at it yet', () => {
    fc.assert(
      fc.property(BOOKED, SAID, (ours, theirs) => {
        const twice = ours.status === 'duplicate-payment' && ours.refundDueCents > 0;
        const missing =
          !ours.needsReview && !twice && theirs !== null && takenOf(theirs) > 0 && ours.invoiceKeptCents === 0;
        expect(compare(ours, theirs).category === 'missing').toBe(missing);
      }),
    );
  });

  test('is a match for two pages of one invoice alike, once what was too much is returned', () => {
    const withMoney = fc.constantFrom(...PAYMENT_STATUSES.filter(hasMoney));
    fc.assert(
      fc.property(withMoney, fc.integer({ min: 1, max: 1_000_000 }), (status, kept) => {
        const both = [status, 'duplicate-payment' as const].map((one) =>
          compare(booked(one, { invoiceKeptCents: kept }), said(0, kept)),
        );
        for (const one of both) expect(one).toEqual({ category: 'match', reason: 'paid-on-both-sides' });
      }),
    );
  });
});
