import fc from 'fast-check';
import { centsOf, dollarsOf } from '../../src/common/money.js';

describe('amounts', () => {
  it.each([
    [3, 300],
    [3.0, 300],
    ['3.00', 300],
    ['42.5', 4250],
    [' 42.50 ', 4250],
    [0, 0],
    ['0.01', 1],
    [99999999.99, 9_999_999_999],
    ['99999999.99', 9_999_999_999],
  ])('reads %p as %p cents', (amount, cents) => expect(centsOf(amount)).toBe(cents));

  it.each([
    [-1],
    ['-1'],
    [NaN],
    ['NaN'],
    [Infinity],
    [1e400],
    ['1e2'],
    [1e21],
    [1e-7],
    [3.001],
    ['3.001'],
    [0.1 + 0.2],
    ['100000000.00'],
    ['1,234.50'],
    ['$3.00'],
    ['3.'],
    ['.5'],
    [''],
    ['٣'],
    [true],
    [null],
    [undefined],
    [{}],
    [[3]],
    ['0x10'],
  ])('refuses %p', (amount) => expect(centsOf(amount)).toBeUndefined());

  it('takes every amount of cents there and back, as number and as text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999_999 }), (cents) => {
        expect(centsOf(dollarsOf(cents))).toBe(cents);
        expect(centsOf(Number(dollarsOf(cents)))).toBe(cents);
        expect(centsOf(cents / 100)).toBe(cents);
      }),
      { numRuns: 2000 },
    );
  });
});
