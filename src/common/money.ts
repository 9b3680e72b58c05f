/** Above this an amount is taken for a mistake. Cents. */
const MOST_CENTS = 9_999_999_999;

/**
 * Reads an amount of dollars, as a JSON number or as text, into whole cents.
 *
 * At most two decimals, no sign, no exponent, no separators, at most 99,999,999.99.
 * Text and numbers take the same path, so that 0.1 + 0.2 (0.30000000000000004) is refused and not rounded.
 * @returns undefined when it is no such amount
 */
export function centsOf(amount: unknown): number | undefined {
  if (typeof amount !== 'number' && typeof amount !== 'string') return undefined;
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(typeof amount === 'string' ? amount.trim() : String(amount));
  if (!match) return undefined;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return cents <= MOST_CENTS ? cents : undefined;
}

/** Cents as dollars with two decimals. @example 300 -> '3.00' */
export const dollarsOf = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
