import { errorOf, isIllness, type Failure, retryAfterMsOf } from '../../src/invoice-cloud/failure.js';
import { operations } from '../../src/invoice-cloud/operations.js';
import { retryRule } from '../../src/invoice-cloud/retry-rule.js';

const refused: Failure = { kind: 'connection', sent: false, code: 'ECONNREFUSED' };
const cut: Failure = { kind: 'connection', sent: true, code: 'ECONNRESET' };
const late: Failure = { kind: 'timeout', sent: true };
const neverOut: Failure = { kind: 'timeout', sent: false };
const tooLarge: Failure = { kind: 'too-large' };
const status = (code: number, retryAfterMs?: number): Failure => ({ kind: 'status', status: code, retryAfterMs });

const SAFE = { safe: true };
const UNSAFE = { safe: false };

describe('a failed attempt', () => {
  it.each<[string, Failure, boolean, boolean]>([
    // failure, safe is repeated, unsafe is repeated
    ['whose connection was refused', refused, true, true],
    ['that was cut off', cut, true, false],
    ['that was answered with 500', status(500), true, false],
    ['that was answered with 503', status(503), true, false],
    ['that was answered with 408, which may be a proxy’s word', status(408), true, false],
    ['that was answered with 503, and to come again in a second', status(503, 1_000), true, false],
    ['that was answered with 503, and to come again in a minute', status(503, 60_000), false, false],
    ['that was answered with 429 without a word', status(429), false, false],
    ['that was answered with 429, and to come again in a second', status(429, 1_000), true, false],
    ['that was answered with 429, and to come again in a minute', status(429, 60_000), false, false],
    ['that took all the time', late, false, false],
    ['that took all the time to get a connection', neverOut, false, false],
    ['whose answer was too large', tooLarge, false, false],
  ])('%s', (_, failure, safe, unsafe) => {
    expect([retryRule(SAFE, failure, 0).retry, retryRule(UNSAFE, failure, 0).retry]).toEqual([safe, unsafe]);
    for (const operation of [SAFE, UNSAFE]) expect(retryRule(operation, failure, 0).reason).toMatch(/^[a-zI].{8,}/);
  });

  it('is repeated twice, and no more', () => {
    expect([0, 1, 2, 3].map((attempt) => retryRule(SAFE, cut, attempt).retry)).toEqual([true, true, false, false]);
    expect([0, 1, 2, 3].map((attempt) => retryRule(UNSAFE, refused, attempt).retry)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each<[string, Failure, number, [number, number]]>([
    ['first', cut, 0, [100, 200]],
    ['second', cut, 1, [200, 400]],
    ['after the wait that was asked for', status(429, 1_000), 0, [1_100, 1_200]],
  ])('is repeated the %s time after a while that chance decides', (_, failure, attempt, [least, most]) => {
    const after = (random: number) => retryRule(SAFE, failure, attempt, Infinity, () => random).afterMs;
    expect([after(0), after(1)]).toEqual([least, most]);
    expect(new Set(Array.from({ length: 50 }, () => retryRule(SAFE, failure, attempt).afterMs)).size).toBeGreaterThan(
      5,
    );
  });

  it('is not repeated where there is no time for it', () => {
    expect(retryRule(SAFE, cut, 0, 401, () => 1).retry).toBe(true);
    expect(retryRule(SAFE, cut, 0, 399, () => 1)).toMatchObject({ retry: false, reason: 'too little time is left' });
    expect(retryRule(UNSAFE, refused, 0, 0).retry).toBe(false);
  });
});

describe('the catalogue', () => {
  it('repeats what reads, and nothing that changes or opens something', () => {
    const safe = Object.values(operations).filter((operation) => operation.safe);
    expect(safe.map(({ name }) => name).sort()).toEqual([
      'billerStatus',
      'retrieveCustomerGuid',
      'retrieveUserAccounts',
      'retrieveUsers',
      'viewInvoiceByInvoiceNumber',
      'virtualSite',
    ]);
  });
});

describe('what the caller hears of a failure', () => {
  it.each<[string, Failure, string, 'not-done' | 'unknown', boolean]>([
    // code, whether it may have been done, whether it speaks against Invoice Cloud
    ['refused', refused, 'invoice_cloud_unavailable', 'not-done', true],
    ['cut off', cut, 'invoice_cloud_unavailable', 'unknown', true],
    ['late', late, 'invoice_cloud_timeout', 'unknown', true],
    ['never out', neverOut, 'invoice_cloud_timeout', 'not-done', true],
    ['500', status(500), 'invoice_cloud_unavailable', 'unknown', true],
    ['503', status(503), 'invoice_cloud_unavailable', 'unknown', true],
    ['408', status(408), 'invoice_cloud_unavailable', 'unknown', true],
    ['429', status(429), 'invoice_cloud_unavailable', 'not-done', false],
    ['too large', tooLarge, 'invoice_cloud_answer_unreadable', 'unknown', false],
  ])('%s', (_, failure, code, outcome, ill) => {
    const error = errorOf(operations.openCloudPayment, failure, 1_500);
    expect([error.type.code, error.outcome, isIllness({ failure })]).toEqual([code, outcome, ill]);
    expect(error.detail).toContain('openCloudPayment');
  });

  it('holds the wait that Invoice Cloud asks for', () => {
    const wait = (failure: Failure) => errorOf(operations.openCloudPayment, failure, 1_500).retryAfter;
    expect([status(429), status(429, 90_000), status(500), status(503, 100), late].map(wait)).toEqual([
      30, 90, 5, 1, 5,
    ]);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T10:00:00Z');
  it.each<[unknown, number | undefined]>([
    ['0', 0],
    ['2', 2_000],
    [' 7 ', 7_000],
    ['Sat, 31 Jan 2026 10:00:05 GMT', 5_000],
    ['Sat, 31 Jan 2026 09:00:00 GMT', 0],
    ['999999', 900_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [['1', '2'], undefined],
  ])('%p is %p ms', (header, ms) => expect(retryAfterMsOf(header, now)).toBe(ms));
});
