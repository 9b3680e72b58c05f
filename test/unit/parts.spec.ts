import fc from 'fast-check';
import { type Pages, subtractedOf } from '../../src/cloud-pay/parts.js';

const asked = (amountDueCents: number | null, subtractedCents = 0) => ({ amountDueCents, subtractedCents });

describe('what a new page no longer asks for', () => {
  it.each<[string, number | null, Pages, number]>([
    ['nothing, where nothing was paid', 300, { newest: null, parts: [] }, 0],
    ['nothing, where the same is asked again', 300, { newest: asked(300), parts: [100] }, 0],
    ['the part, where that much less is asked', 200, { newest: asked(300), parts: [100] }, 100],
    ['both parts', 150, { newest: asked(300), parts: [100, 50] }, 150],
    ['the first of two, where the partner knew no more', 200, { newest: asked(300), parts: [100, 50] }, 100],
    ['the same as before, where the same is asked as before', 200, { newest: asked(200, 100), parts: [100] }, 100],
    ['also with a part since', 200, { newest: asked(200, 100), parts: [100, 50] }, 100],
    ['the part since as well', 150, { newest: asked(200, 100), parts: [100, 50] }, 150],
    ['all of it, where another amount is asked', 250, { newest: asked(300), parts: [100] }, 100],
    ['all of it, where more is asked', 500, { newest: asked(300), parts: [100] }, 100],
    ['all of it, where more was paid than the newest page asks', 100, { newest: asked(100), parts: [200] }, 200],
    ['all of it, where nothing was asked before', 300, { newest: asked(null), parts: [100] }, 100],
    ['all of it, where no amount is asked', null, { newest: asked(300), parts: [100] }, 100],
  ])('is %s', (_, amount, pages, subtracted) => expect(subtractedOf(amount, pages)).toBe(subtracted));

  const sum = (parts: readonly number[]): number => parts.reduce((total, part) => total + part, 0);

  /** Parts that leave something to pay. */
  const anInvoice = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 6 }).chain((parts) =>
    fc.record({
      parts: fc.constant(parts),
      wholeCents: fc.integer({ min: 1, max: 1_000 }).map((left) => left + sum(parts)),
      subtracted: fc.nat(parts.length),
      known: fc.nat(parts.length),
    }),
  );

  it('leaves the invoice what it is, however many of the parts the partner knew of, on this page and the one before', () => {
    fc.assert(
      fc.property(anInvoice, ({ parts, wholeCents, subtracted, known }) => {
        const before = sum(parts.slice(0, subtracted));
        const amount = wholeCents - sum(parts.slice(0, known));
        const newest = { amountDueCents: wholeCents - before, subtractedCents: before };
        const counting = sum(parts) - subtractedOf(amount, { newest, parts });
        expect(amount - counting).toBe(wholeCents - sum(parts));
      }),
    );
  });

  it('counts no part that is not there, and leaves something to pay on every page that is opened', () => {
    fc.assert(
      fc.property(anInvoice, fc.integer({ min: 1, max: 5_000 }), ({ parts, wholeCents }, amount) => {
        const subtracted = subtractedOf(amount, { newest: asked(wholeCents), parts });
        expect(subtracted).toBeGreaterThanOrEqual(0);
        expect(subtracted).toBeLessThanOrEqual(sum(parts));
        expect(amount - (sum(parts) - subtracted)).toBeGreaterThan(0);
      }),
    );
  });
});
