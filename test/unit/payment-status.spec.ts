import { mayBecome, PAYMENT_STATUSES } from '../../src/cloud-pay/payment-status.js';
import { nextAttempt } from '../../src/relay/retry-schedule.js';
import { readConfig } from '../../src/config/config.js';

describe('payment states', () => {
  it('never leave paid', () => {
    for (const to of PAYMENT_STATUSES) expect(mayBecome('paid', to)).toBe(false);
  });

  it('lead to paid from everywhere else, however late the approval comes', () => {
    for (const from of PAYMENT_STATUSES.filter((status) => status !== 'paid'))
      expect(mayBecome(from, 'paid')).toBe(true);
  });

  it('never go back to opening', () => {
    for (const from of PAYMENT_STATUSES) expect(mayBecome(from, 'opening')).toBe(false);
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
