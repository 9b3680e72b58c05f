import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Config } from '../../src/config/config.js';
import type { InvoiceCloudError } from '../../src/invoice-cloud/errors.js';
import type { Exchanged, Failure } from '../../src/invoice-cloud/failure.js';
import { Breaker, Lanes } from '../../src/invoice-cloud/lanes.js';
import { operations, type Operation } from '../../src/invoice-cloud/operations.js';
import { OutgoingCalls } from '../../src/invoice-cloud/outgoing-calls.js';
import type { Pace, Turn } from '../../src/invoice-cloud/pace.js';

const ANSWER: Exchanged = { answer: { status: 200, data: '{}' } };
const refused: Failure = { kind: 'connection', sent: false, code: 'ECONNREFUSED' };
const cut: Failure = { kind: 'connection', sent: true, code: 'ECONNRESET' };
const status = (code: number, retryAfterMs?: number): Failure => ({ kind: 'status', status: code, retryAfterMs });

interface Options {
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly turn?: Turn;
}

/** One process; the exchanges answer what stands in `next`, then always well. */
function process({ concurrency = 32, timeoutMs = 4_000, turn = { waitMs: 0 } }: Options = {}) {
  const config = { invoiceCloud: { concurrency, timeoutMs } } as Config;
  const lanes = new Lanes(config);
  const turns: number[] = [];
  const pace = {
    take: (_: string, __: number, mostMs: number) => {
      turns.push(mostMs);
      return Promise.resolve(turn);
    },
  } as unknown as Pace;
  const calls = new OutgoingCalls(lanes, pace, config);
  const next: Failure[] = [];
  let exchanges = 0;
  const make = (
    operation: Operation,
    billerId: string,
    exchange: (deadline: AbortSignal) => Promise<Exchanged> = () => {
      exchanges += 1;
      const failure = next.shift();
      return Promise.resolve(failure ? { failure } : ANSWER);
    },
    outboundPerSecond: number | null = null,
  ): Promise<string> =>
    calls.make({ billerId, url: undefined, outboundPerSecond }, operation, exchange).then(
      () => 'answered',
      (error: InvoiceCloudError) => {
        expect(error.retryAfter ?? 1).toBeGreaterThanOrEqual(1);
        return `${error.type.code} ${error.outcome}`;
      },
    );
  return { lanes, calls, next, turns, make, exchanges: () => exchanges };
}

const { openCloudPayment: UNSAFE, billerStatus: SAFE, viewInvoiceByInvoiceNumber: SOAP } = operations;

beforeAll(() => Logger.overrideLogger(false));
afterEach(() => void jest.restoreAllMocks());

describe('a call', () => {
  it.each<[string, Operation, Failure[], string, number]>([
    ['that reads, cut off twice', SAFE, [cut, cut], 'answered', 3],
    ['that reads, with 503 and 500', SAFE, [status(503), status(500)], 'answered', 3],
    ['that reads, cut off three times', SAFE, [cut, cut, cut], 'invoice_cloud_unavailable unknown', 3],
    ['that opens, refused twice', UNSAFE, [refused, refused], 'answered', 3],
    ['that opens, refused for good', UNSAFE, [refused, refused, refused], 'invoice_cloud_unavailable not-done', 3],
    ['that opens, cut off', UNSAFE, [cut], 'invoice_cloud_unavailable unknown', 1],
    ['that opens, refused and then cut off', UNSAFE, [refused, cut], 'invoice_cloud_unavailable unknown', 2],
    ['that opens, with 500', UNSAFE, [status(500)], 'invoice_cloud_unavailable unknown', 1],
    ['that opens, late', UNSAFE, [{ kind: 'timeout', sent: true }], 'invoice_cloud_timeout unknown', 1],
    ['that opens, with 429', UNSAFE, [status(429, 100)], 'invoice_cloud_unavailable not-done', 1],
  ])('%s', async (_, operation, failures, told, sent) => {
    const { make, next, exchanges } = process();
    next.push(...failures);
    expect([await make(operation, randomUUID()), exchanges()]).toEqual([told, sent]);
  });

  it('waits for a turn, and for another one before each retry', async () => {
    const { make, next, turns } = process();
    next.push(cut, cut);
    expect(await make(SAFE, randomUUID(), undefined, 2)).toBe('answered');
    expect(turns).toHaveLength(3);
    // The first one may take half of the time.
    expect(turns[0]).toBeLessThanOrEqual(2_000);
  });

  it('without a limit asks for no turn', async () => {
    const { make, turns } = process();
    expect([await make(SAFE, randomUUID()), turns]).toEqual(['answered', []]);
  });

  it('whose turn comes too late is not made', async () => {
    const { make, exchanges } = process({ turn: { fullForMs: 90_000 } });
    expect([await make(UNSAFE, randomUUID(), undefined, 2), exchanges()]).toEqual([
      'invoice_cloud_limited not-done',
      0,
    ]);
  });

  it('after Invoice Cloud said 429 and when to come again waits, or is not made', async () => {
    const { make, next, exchanges } = process();
    const biller = randomUUID();
    next.push(status(429, 60_000));
    expect(await make(UNSAFE, biller)).toBe('invoice_cloud_unavailable not-done');
    expect(await make(UNSAFE, biller)).toBe('invoice_cloud_limited not-done');
    expect(await make(UNSAFE, randomUUID())).toBe('answered');
    expect(exchanges()).toBe(2);

    const another = randomUUID();
    next.push(status(429, 300));
    await make(UNSAFE, another);
    const began = performance.now();
    expect(await make(UNSAFE, another)).toBe('answered');
    expect(performance.now() - began).toBeGreaterThan(250);
  });
});

describe('a bulkhead', () => {
  it('lets so many in, has so many wait, and takes a new turn for who has waited', async () => {
    const { make, turns } = process({ concurrency: 2 });
    const biller = randomUUID();
    let inside = 0;
    let most = 0;
    const exchange = async (): Promise<Exchanged> => {
      most = Math.max(most, (inside += 1));
      await sleep(20);
      inside -= 1;
      return ANSWER;
    };
    const told = await Promise.all(Array.from({ length: 10 }, () => make(UNSAFE, biller, exchange, 1_000)));
    expect(told).toEqual(Array.from({ length: 10 }, () => 'answered'));
    expect(most).toBe(2);
    expect(turns).toHaveLength(10 + 8);
  });

  it('that is full refuses: at once who finds no place to wait, and in time who waits', async () => {
    const { make } = process({ concurrency: 1, timeoutMs: 400 });
    const biller = randomUUID();
    const late: Exchanged = { failure: { kind: 'timeout', sent: true } };
    const hang = (deadline: AbortSignal) =>
      new Promise<Exchanged>((done) => deadline.addEventListener('abort', () => done(late)));
    const told: string[] = [];
    const all = Array.from({ length: 6 }, (_, n) =>
      make(UNSAFE, biller, hang).then((outcome) => told.push(`${n} ${outcome}`)),
    );
    expect(await make(UNSAFE, randomUUID())).toBe('answered');
    await Promise.all(all);
    // The sixth is refused first; those who wait before the one that hangs has ended; that one is told the truth.
    expect([told[0], ...told.slice(1, 5).sort(), told[5]]).toEqual([
      '5 invoice_cloud_busy not-done',
      ...[1, 2, 3, 4].map((n) => `${n} invoice_cloud_busy not-done`),
      '0 invoice_cloud_timeout unknown',
    ]);
    expect(await make(UNSAFE, biller)).toBe('answered');
  });
});

describe('a breaker', () => {
  const fail = async ({ make, next }: ReturnType<typeof process>, biller: string, times: number, how = status(500)) => {
    for (let made = 0; made < times; made += 1) {
      next.push(how);
      await make(UNSAFE, biller);
    }
  };

  it('opens after five failures, for its biller and its service alone, and says so', async () => {
    const all = process();
    const { make, lanes, exchanges } = all;
    const [biller, another] = [randomUUID(), randomUUID()];
    await fail(all, biller, 4);
    expect(lanes.breakers()).toEqual([]);
    await fail(all, biller, 1);
    expect(lanes.breakers()).toEqual([{ billerId: biller, service: 'rest', state: 'open' }]);
    const before = exchanges();
    expect(await make(UNSAFE, biller)).toBe('invoice_cloud_paused not-done');
    expect(await make(SAFE, biller)).toBe('invoice_cloud_paused not-done');
    expect(exchanges()).toBe(before);
    expect(await make(SOAP, biller)).toBe('answered');
    expect(await make(UNSAFE, another)).toBe('answered');
  });

  it.each<[string, Failure]>([
    ['429', status(429)],
    ['an answer that is too large', { kind: 'too-large' }],
  ])('does not open because of %s', async (_, how) => {
    const all = process();
    const biller = randomUUID();
    await fail(all, biller, 12, how);
    expect(all.lanes.breakers()).toEqual([]);
  });

  it.each<[string, Failure]>([
    ['refused connections', refused],
    ['connections that are cut', cut],
    ['late answers', { kind: 'timeout', sent: true }],
  ])('opens because of %s', async (_, how) => {
    const all = process();
    const biller = randomUUID();
    for (let made = 0; made < 5; made += 1) {
      all.next.push(how, how, how);
      await all.make(UNSAFE, biller);
      all.next.length = 0;
    }
    expect(all.lanes.breakers()).toHaveLength(1);
  });

  it('stays closed while half of the calls are answered', async () => {
    const all = process();
    const biller = randomUUID();
    for (let made = 0; made < 20; made += 1) {
      expect(await all.make(UNSAFE, biller)).toBe('answered');
      await fail(all, biller, 1);
    }
    expect(all.lanes.breakers()).toEqual([]);
  });

  it('that is half open lets one call in, without repetitions, and the others go at once', async () => {
    const all = process();
    const { make, lanes, next, exchanges } = all;
    const biller = randomUUID();
    const clock = jest.spyOn(Date, 'now');
    const later = () => clock.mockReturnValue(Date.now() + 10_000);
    await fail(all, biller, 5);
    later();
    next.push(status(500), status(500));
    expect(await make(SAFE, biller)).toBe('invoice_cloud_unavailable unknown');
    expect(exchanges()).toBe(6);
    expect(await make(SAFE, biller)).toBe('invoice_cloud_paused not-done');
    next.length = 0;

    later();
    let release = () => {};
    const gate = new Promise<Exchanged>((done) => (release = () => done(ANSWER)));
    const probe = make(SAFE, biller, () => gate);
    await sleep(10);
    expect(lanes.breakers()).toMatchObject([{ state: 'half-open' }]);
    expect(await make(SAFE, biller)).toBe('invoice_cloud_paused not-done');
    release();
    expect(await probe).toBe('answered');
    expect(lanes.breakers()).toEqual([]);
  });
});

describe('lanes', () => {
  const lanes = () => new Lanes({ invoiceCloud: { concurrency: 1 } } as Config);

  it('are the same for a biller while it calls, and go when it rests', () => {
    const all = lanes();
    const lane = all.of('a', 0);
    expect(all.of('a', 500_000)).toBe(lane);
    all.of('b', 500_001);
    all.of('c', 1_000_001);
    expect([all.size, all.of('b', 1_000_002) === all.of('b', 1_000_003), all.of('a', 1_000_003)]).toEqual([
      3,
      true,
      lane,
    ]);
    all.of('d', 2_000_000);
    expect(all.size).toBe(1);
    expect(all.of('a', 2_000_001)).not.toBe(lane);
  });

  it('are ten thousand at most', () => {
    const all = lanes();
    const first = all.of('0', 0);
    for (let made = 1; made < 10_050; made += 1) all.of(String(made), made);
    expect(all.size).toBe(10_000);
    expect(all.of('0', 10_051)).not.toBe(first);
  });

  it('stay while they are needed: with a call under way, a pause or an open breaker', async () => {
    const all = lanes();
    const [calling, paused, open] = [all.of('calling', 0), all.of('paused', 0), all.of('open', 0)];
    let release = () => {};
    const call = calling.places.execute(() => new Promise<void>((done) => (release = done)));
    paused.pausedUntil = 5_000_000;
    open.breakers.soap.policy.isolate();
    all.of('new', 1_000_000);
    expect([all.size, all.of('calling', 1_000_000) === calling]).toEqual([4, true]);
    release();
    await call;
  });
});

it('a breaker that is closed refuses nobody', () => expect(new Breaker(() => undefined).closedForMs()).toBeUndefined());
