import fc from 'fast-check';
import {
  hasMoney,
  isSettled,
  mayBecome,
  outcomeOf,
  PAYMENT_STATUSES,
  type Balance,
  type PaymentStatus,
} from '../../src/cloud-pay/payment-status.js';
import { readConfig } from '../../src/config/config.js';
import { nextAttempt } from '../../src/relay/retry-schedule.js';

const WITHOUT_MONEY = ['opening', 'open', 'failed', 'unconfirmed', 'declined', 'expired'] as const;
const WITH_MONEY = ['partially-paid', 'paid', 'overpaid', 'duplicate-payment'] as const;

/** The whole table, written out: one who changes it is to see what changes. */
const NEXT: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  opening: ['open', 'failed', 'unconfirmed', 'declined', ...WITH_MONEY],
  open: ['declined', 'expired', ...WITH_MONEY],
  failed: ['declined', ...WITH_MONEY],
  unconfirmed: ['declined', ...WITH_MONEY],
  declined: ['declined', ...WITH_MONEY],
  expired: ['declined', ...WITH_MONEY],
  'partially-paid': [...WITH_MONEY],
  paid: ['duplicate-payment'],
  overpaid: ['duplicate-payment'],
  'duplicate-payment': ['duplicate-payment'],
};

describe('payment states', () => {
  it.each(PAYMENT_STATUSES)('%s leads where the table says, and nowhere else', (from) => {
    expect(PAYMENT_STATUSES.filter((to) => mayBecome(from, to))).toEqual(
      PAYMENT_STATUSES.filter((to) => NEXT[from].includes(to)),
    );
  });

  it('are with money or without', () => {
    expect(PAYMENT_STATUSES.filter(hasMoney)).toEqual(WITH_MONEY);
    expect(PAYMENT_STATUSES.filter((status) => !hasMoney(status))).toEqual(WITHOUT_MONEY);
    expect(PAYMENT_STATUSES.filter(isSettled)).toEqual(['paid', 'overpaid', 'duplicate-payment']);
  });

  it('with money never lead to one without, however long the way', () => {
    const reached = new Set<PaymentStatus>(WITH_MONEY);
    for (const from of reached) for (const to of PAYMENT_STATUSES) if (mayBecome(from, to)) reached.add(to);
    expect([...reached].sort()).toEqual([...WITH_MONEY].sort());
  });

  it('without money all lead to each with it: no approval comes too late', () => {
    for (const from of WITHOUT_MONEY) for (const to of WITH_MONEY) expect(mayBecome(from, to)).toBe(true);
  });

  it('never go back to opening', () => {
    for (const from of PAYMENT_STATUSES) expect(mayBecome(from, 'opening')).toBe(false);
  });
});

describe('what an approved amount makes of a payment', () => {
  const balance = (status: PaymentStatus, amountPaidCents: number | null, amountDueCents: number | null = 300) => ({
    status,
    amountDueCents,
    amountPaidCents,
  });

  it.each<[string, Balance, number, boolean, PaymentStatus, number, number]>([
    ['the balance', balance('open', null), 300, false, 'paid', 300, 0],
    ['a part', balance('open', null), 299, false, 'partially-paid', 299, 0],
    ['more', balance('open', null), 301, false, 'overpaid', 301, 1],
    ['another part', balance('partially-paid', 100), 100, false, 'partially-paid', 200, 0],
    ['the rest', balance('partially-paid', 100), 200, false, 'paid', 300, 0],
    ['more than the rest', balance('partially-paid', 100), 300, false, 'overpaid', 400, 100],
    ['once more', balance('paid', 300), 300, false, 'duplicate-payment', 600, 300],
    ['a part once more', balance('paid', 300), 1, false, 'duplicate-payment', 301, 1],
    ['after too much', balance('overpaid', 400), 300, false, 'duplicate-payment', 700, 300],
    ['a third time', balance('duplicate-payment', 600), 300, false, 'duplicate-payment', 900, 300],
    ['what is paid elsewhere', balance('open', null), 300, true, 'duplicate-payment', 300, 300],
    ['the rest of what is paid elsewhere', balance('partially-paid', 100), 200, true, 'duplicate-payment', 300, 200],
    ['after a refusal', balance('declined', null), 300, false, 'paid', 300, 0],
    ['after the end', balance('expired', null), 300, false, 'paid', 300, 0],
    ['of a page that failed', balance('failed', null), 300, false, 'paid', 300, 0],
    ['whatever it is, where no balance was asked for', balance('open', null, null), 5, false, 'paid', 5, 0],
    ['nothing, where nothing is due', balance('open', null, 0), 0, false, 'paid', 0, 0],
  ])('%s', (_, before, amount, paidElsewhere, status, amountPaidCents, refundCents) => {
    const other = { paidElsewhere, otherPagesCents: 0 };
    expect(outcomeOf(before, amount, other)).toEqual({ status, amountPaidCents, refundCents });
  });

  it.each<[string, Balance, number, number, PaymentStatus, number]>([
    // before, paid on other pages, amount
    ['a part beside a part', balance('open', null), 100, 100, 'partially-paid', 0],
    ['the rest', balance('open', null), 100, 200, 'paid', 0],
    ['the rest of parts here and there', balance('partially-paid', 50), 100, 150, 'paid', 0],
    ['the whole beside a part', balance('open', null), 100, 300, 'overpaid', 100],
    ['more than the rest', balance('open', null), 100, 201, 'overpaid', 1],
    ['anything, where nothing was left', balance('open', null), 300, 300, 'duplicate-payment', 300],
    [
      'anything, where an older page had asked for more',
      balance('partially-paid', 50),
      260,
      10,
      'duplicate-payment',
      10,
    ],
    ['whatever it is, where no balance was asked for', balance('open', null, null), 100, 5, 'paid', 0],
  ])('%s, with other pages', (_, before, otherPagesCents, amount, status, refundCents) => {
    const outcome = outcomeOf(before, amount, { paidElsewhere: false, otherPagesCents });
    expect(outcome).toEqual({ status, amountPaidCents: (before.amountPaidCents ?? 0) + amount, refundCents });
  });

  const cents = fc.integer({ min: 0, max: 9_999_999_999 });
  /** As it can stand in the books. */
  const anyBalance: fc.Arbitrary<Balance> = fc.oneof(
    fc.record({
      status: fc.constantFrom<PaymentStatus>(...WITHOUT_MONEY),
      amountDueCents: fc.option(cents),
      amountPaidCents: fc.constant(null),
    }),
    fc.record({
      status: fc.constantFrom<PaymentStatus>(...WITH_MONEY),
      amountDueCents: fc.option(cents),
      amountPaidCents: cents,
    }),
  );

  /** What was paid in part is less than what is asked; other books are never kept, and are to change nothing for the worse. */
  const isSound = ({ status, amountDueCents, amountPaidCents }: Balance): boolean =>
    status !== 'partially-paid' || (amountPaidCents ?? 0) < (amountDueCents ?? Infinity);

  it('is always allowed, adds all that came, and never returns more than that', () => {
    fc.assert(
      fc.property(anyBalance, cents, fc.boolean(), cents, (before, amount, paidElsewhere, otherPagesCents) => {
        const outcome = outcomeOf(before, amount, { paidElsewhere, otherPagesCents });
        expect(mayBecome(before.status, outcome.status)).toBe(true);
        expect(hasMoney(outcome.status)).toBe(true);
        expect(outcome.amountPaidCents).toBe((before.amountPaidCents ?? 0) + amount);
        expect(outcome.refundCents).toBeGreaterThanOrEqual(0);
        if (isSound(before)) expect(outcome.refundCents).toBeLessThanOrEqual(amount);
        if (outcome.status === 'duplicate-payment') expect(outcome.refundCents).toBe(amount);
        if (outcome.status === 'paid' || outcome.status === 'partially-paid') expect(outcome.refundCents).toBe(0);
      }),
    );
  });

  it('in whatever parts and order it comes keeps what is due, and returns the rest', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), parts, (amountDueCents, amounts) => {
        let now: Balance = balance('open', null, amountDueCents);
        let toReturn = 0;
        for (const amount of amounts) {
          const outcome = outcomeOf(now, amount, { paidElsewhere: false, otherPagesCents: 0 });
          toReturn += outcome.refundCents;
          now = { ...outcome, amountDueCents };
        }
        const sum = amounts.reduce((total, amount) => total + amount, 0);
        expect(now.amountPaidCents).toBe(sum);
        expect(sum - toReturn).toBe(Math.min(sum, amountDueCents));
        expect(isSettled(now.status)).toBe(sum >= amountDueCents);
      }),
    );
  });
});

describe('the retry schedule', () => {
  const { relay } = readConfig({
    DATABASE_URL: 'postgres://x/y',
    ENCRYPTION_KEYS: `a:${Buffer.alloc(32).toString('base64')}`,
    ADMIN_KEY: 'x'.repeat(32),
  });

  it('tries ten times over 75 hours and more, and then parks', () => {
    const waits: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const next = nextAttempt(attempts, relay.retrySeconds, 0.5);
      if (!next.retry) break;
      waits.push(Math.round(next.afterSeconds));
    }
    expect(waits).toEqual([5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(75 * 3600);
  });

  it('spreads attempts by a tenth either way', () => {
    expect(nextAttempt(2, [5, 300], 0)).toMatchObject({ afterSeconds: 270 });
    expect(nextAttempt(2, [5, 300], 1)).toMatchObject({ afterSeconds: 330 });
  });
});
