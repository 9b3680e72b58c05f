import { heldBackFor, HELD_BACK, healthOf } from '../../src/relay/breaker.js';
import { readConfig } from '../../src/config/config.js';
import { nextAttempt, readRetryAfter } from '../../src/relay/retry-schedule.js';

const { relay } = readConfig({
  DATABASE_URL: 'postgres://app@db.example.com/billbridge',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  ADMIN_KEY: 'an-admin-key-of-32-characters-or-more',
});
const NOW = new Date('2026-01-31T12:00:00Z');

describe('the default schedule', () => {
  it.each([
    [1, 5],
    [2, 5 * 60],
    [3, 30 * 60],
    [4, 2 * 3600],
    [5, 5 * 3600],
    [6, 10 * 3600],
    [7, 14 * 3600],
    [8, 20 * 3600],
    [9, 24 * 3600],
  ])('after attempt %i waits %i seconds, a tenth more or less', (attempts, seconds) => {
    const at = (chance: number) => nextAttempt(attempts, relay.retrySeconds, chance);
    expect(at(0.5)).toMatchObject({ retry: true, afterSeconds: seconds });
    expect(at(0)).toMatchObject({ afterSeconds: expect.closeTo(seconds * 0.9, 6) });
    expect(at(1)).toMatchObject({ afterSeconds: expect.closeTo(seconds * 1.1, 6) });
  });

  it('parks after the tenth attempt, 75 hours or more after the first', () => {
    expect(nextAttempt(10, relay.retrySeconds, 0.5)).toEqual({ retry: false, reason: 'all 10 attempts failed' });
    expect(relay.retrySeconds.reduce((sum, seconds) => sum + seconds)).toBeGreaterThanOrEqual(75 * 3600);
    expect(relay.timeoutMs).toBe(15_000);
  });

  it('waits as long as it is asked to, and never shorter than by itself', () => {
    expect(nextAttempt(1, [5], 0.5, 60)).toMatchObject({ retry: true, afterSeconds: 60 });
    expect(nextAttempt(1, [300], 0.5, 60)).toMatchObject({ retry: true, afterSeconds: 300 });
    expect(nextAttempt(2, [300], 0.5, 60)).toMatchObject({ retry: false });
  });
});

describe('Retry-After', () => {
  it.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['120', 120],
    [' 120 ', 120],
    ['86400', 86_400],
    ['86401', 86_400],
    ['9999999999', 86_400],
    ['Sat, 31 Jan 2026 12:02:00 GMT', 120],
    ['Saturday, 31-Jan-26 12:02:00 GMT', 120],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['Fri, 31 Dec 2027 00:00:00 GMT', 86_400],
    ['99999999999', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['Sat, 99 Jan 2026 12:02:00 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p is %p seconds', (header, seconds) => expect(readRetryAfter(header, NOW)).toBe(seconds));
});

describe('the breaker', () => {
  it.each([
    [1, 0],
    [4, 0],
    [5, 5],
    [6, 10],
    [7, 20],
    [8, 40],
    [9, 60],
    [50, 60],
  ])('after %i failures in a row holds back for %i seconds', (failures, seconds) => {
    expect(heldBackFor(failures)).toBe(seconds);
    expect(HELD_BACK[Math.min(failures, HELD_BACK.length) - 1]).toBe(seconds);
  });

  const failed = (status: number | null, sent = true) => ({ delivered: false, status, error: 'x', sent }) as const;
  it.each([
    [{ delivered: true, status: 204, answer: '' } as const, 'sound'],
    [failed(302), 'sound'],
    [failed(400), 'sound'],
    [failed(404), 'sound'],
    [failed(410), 'gone'],
    [failed(429), 'failing'],
    [failed(500), 'failing'],
    [failed(503), 'failing'],
    [failed(null), 'failing'],
    [failed(null, false), 'unknown'],
  ])('takes %j for %s', (outcome, health) => expect(healthOf(outcome)).toBe(health));
});
