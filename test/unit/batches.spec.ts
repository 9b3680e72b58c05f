import { jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Batches } from '../../src/database/batches.js';

const undone = (code = '23505') => Object.assign(new Error('refused'), { code });

/** No statement is run here. */
const NO_DATABASE = {} as DataSource;

/** Notes each batch, and answers when it is told. */
function stage(fails: (items: readonly number[]) => Error | undefined = () => undefined) {
  const batches: (readonly number[])[] = [];
  const ends: (() => void)[] = [];
  const work = async (items: readonly number[]): Promise<number[]> => {
    batches.push(items);
    await new Promise<void>((done) => ends.push(done));
    const error = fails(items);
    if (error) throw error;
    return items.map((item) => item * 10);
  };
  return { batches, endNext: () => ends.shift()?.(), made: new Batches(NO_DATABASE, work) };
}
const turn = () => new Promise((done) => setImmediate(() => setImmediate(done)));

describe('batches', () => {
  test('take together what comes together, answer each its own, and let the rest wait for the end of one', async () => {
    const { batches, endNext, made } = stage();
    const first = [1, 2].map((item) => made.add(item));
    await turn();
    const second = [3, 4, 5].map((item) => made.add(item));
    await turn();
    expect(batches).toEqual([[1, 2]]);
    endNext();
    expect(await Promise.all(first)).toEqual([10, 20]);
    // No turn later: the next batch is on its way before anybody hears of this one.
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    endNext();
    expect(await Promise.all(second)).toEqual([30, 40, 50]);
  });

  test('are sent behind the one under way once four wait, and no third one', async () => {
    const { batches, endNext, made } = stage();
    const all = [made.add(1)];
    await turn();
    for (const item of [2, 3, 4]) all.push(made.add(item));
    await turn();
    expect(batches).toEqual([[1]]);
    all.push(made.add(5));
    await turn();
    expect(batches).toEqual([[1], [2, 3, 4, 5]]);
    for (const item of [6, 7, 8, 9, 10]) all.push(made.add(item));
    await turn();
    expect(batches).toHaveLength(2);
    endNext();
    await turn();
    expect(batches.at(-1)).toEqual([6, 7, 8, 9, 10]);
    for (const item of [11, 12]) all.push(made.add(item));
    endNext();
    await turn();
    // Two are too few while another is under way.
    expect(batches).toHaveLength(3);
    endNext();
    await turn();
    endNext();
    expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
  });

  test('hold no more than 64', async () => {
    const { batches, endNext, made } = stage();
    const all = Array.from({ length: 100 }, (_, i) => made.add(i));
    await turn();
    endNext();
    await turn();
    endNext();
    await Promise.all(all);
    expect(batches.map(({ length }) => length)).toEqual([64, 36]);
  });

  test('that PostgreSQL refused are tried one by one: the fault is its owner’s alone', async () => {
    const { batches, endNext, made } = stage((items) => (items.includes(2) ? undone() : undefined));
    const all = Promise.allSettled([1, 2, 3].map((item) => made.add(item)));
    await turn();
    endNext();
    await turn();
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
    // Those who are tried alone are waited for by nobody.
    const later = made.add(4);
    await turn();
    expect(batches.at(-1)).toEqual([4]);
    for (let i = 0; i < 4; i += 1) endNext();
    expect((await all).map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual([
      10,
      'refused',
      30,
    ]);
    expect(await later).toBe(40);
  });

  test.each([1, 3])(
    'whose statement was not prepared where it came (%i at once) were not done, and are tried again',
    async (n) => {
      let known = false;
      const { batches, endNext, made } = stage(() => (known ? undefined : undone('26000')));
      const all = Promise.all(Array.from({ length: n }, (_, i) => made.add(i)));
      await turn();
      endNext();
      await turn();
      known = true;
      expect(batches).toHaveLength(1 + n);
      for (let i = 0; i < n; i += 1) endNext();
      expect(await all).toEqual(Array.from({ length: n }, (_, i) => i * 10));
    },
  );

  test.each([
    ['a lost connection', Object.assign(new Error('lost'), { code: 'ECONNRESET' })],
    ['a server that stops', undone('57P01')],
    ['a mistake in the statement', undone('42601')],
  ])('that end in %s are not tried again: nobody knows what was done, or it would be the same', async (_, error) => {
    const { batches, endNext, made } = stage(() => error);
    const all = Promise.allSettled([1, 2].map((item) => made.add(item)));
    await turn();
    endNext();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await sleep(5);
    expect(batches).toEqual([[1, 2]]);
  });
});

test('nobody is begun who has waited longer than a connection is waited for', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const { batches, endNext, made } = stage();
  const first = made.add(1);
  await turn();
  const late = made.add(2);
  now.mockReturnValue(3_000);
  const patient = made.add(3);
  now.mockReturnValue(5_500);
  endNext();
  await expect(late).rejects.toThrow(/timeout exceeded/);
  await turn();
  expect(batches).toEqual([[1], [3]]);
  endNext();
  expect(await Promise.all([first, patient])).toEqual([10, 30]);
  now.mockRestore();
});
