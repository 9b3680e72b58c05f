import fc from 'fast-check';
import { closeDb, newDatabase } from '../support/db.js';
import { type Batch, type Laid, PaymentField } from '../support/payment-field.js';
import { afterAll as outcomes, type Books, FORGERIES, opened, type Terms } from '../support/payment-model.js';
import { type Draft, SPELLINGS, write } from '../support/payment-wire.js';
import { type Platform, startPlatform, stopPlatforms } from '../support/platform.js';
import { newStory } from '../support/story.js';

/** PAYMENT_MODEL_PAYMENTS=50000 for a night; PAYMENT_MODEL_SEED replays what fast-check names. */
const PAYMENTS = Number(process.env['PAYMENT_MODEL_PAYMENTS'] ?? 2_000);
const SEED = process.env['PAYMENT_MODEL_SEED'];
const GUIDS = 3;
/** Cases that are played at the same time. */
const AT_ONCE = 40;

/** A few payments that may hang together, and what is said about them: batches of messages that are sent at once. */
interface Case {
  readonly terms: readonly Terms[];
  readonly batches: readonly (readonly { readonly draft: Draft; readonly spelling: number }[])[];
}

const aStart = fc.constantFrom('open', 'open', 'opening', 'failed', 'unconfirmed', 'expired', 'declined');

const termsOf = (invoice: number): fc.Arbitrary<Terms> =>
  fc.record({
    invoice: fc.constant(invoice),
    due: fc.constantFrom(300, 300, 100, 1),
    inParts: fc.boolean(),
    minimum: fc.constantFrom(null, null, 50, 200, 400),
    subtracted: fc.constantFrom(0, 0, 0, 50, 100),
    start: aStart,
  });

/** One payment, two or three pages of one invoice, or these and another invoice. */
const someTerms = fc
  .constantFrom([0], [0, 0], [0, 0], [0, 0, 0], [0, 1], [0, 0, 1])
  .chain((invoices) => fc.tuple(...invoices.map(termsOf)))
  // An invoice is opened once at a time.
  .map((terms): Terms[] =>
    terms.map((one, index) => {
      const second = terms.slice(0, index).some(({ invoice, start }) => invoice === one.invoice && start === 'opening');
      return second && one.start === 'opening' ? { ...one, start: 'open' } : one;
    }),
  );

const draftFor = (terms: readonly Terms[]): fc.Arbitrary<Draft> =>
  fc.nat(terms.length - 1).chain((to) => {
    const due = terms[to]?.due ?? 0;
    return fc.record({
      to: fc.option(fc.constant(to), { freq: 15 }),
      approved: fc.constantFrom(true, true, true, false),
      guid: fc.nat(GUIDS - 1),
      cents: fc.constantFrom(due, due, due, due, due + 1, Math.ceil(due / 2), Math.ceil(due / 3), due - 1, 0),
      fee: fc.constantFrom(null, null, null, 25),
      forgery: fc.oneof({ arbitrary: fc.constant(null), weight: 4 }, fc.constantFrom(...FORGERIES)),
    });
  });

/** Few messages, often repeated: that is what happens, and what goes wrong. */
const aCase: fc.Arbitrary<Case> = someTerms.chain((terms) =>
  fc.array(draftFor(terms), { minLength: 1, maxLength: 5 }).chain((drafts) => {
    const message = fc.record({ draft: fc.constantFrom(...drafts), spelling: fc.nat(SPELLINGS - 1) });
    const batch = fc.array(message, { minLength: 1, maxLength: 4, size: 'max' });
    return fc.record({
      terms: fc.constant(terms),
      batches: fc.array(batch, { minLength: 1, maxLength: 3, size: 'max' }),
    });
  }),
);

/** Parts alone, on the pages of one invoice: chance seldom leads there. */
const partsOverPages: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom(2, 3), fc.constantFrom(0, 0, 50, 100))
  .chain(([pages, subtracted]) => {
    const one = { invoice: 0, due: 300, inParts: true, minimum: null, start: 'open' as const };
    const terms = Array.from({ length: pages }, (_, n): Terms => ({ ...one, subtracted: n === 0 ? 0 : subtracted }));
    const part = fc.record({ to: fc.nat(pages - 1), cents: fc.constantFrom(50, 100, 150, 200, 300) });
    return fc.array(part, { minLength: 2, maxLength: GUIDS }).map((parts): Case => {
      const drafts = parts.map(({ to, cents }, guid): Draft => ({
        to,
        cents,
        guid,
        approved: true,
        fee: null,
        forgery: null,
      }));
      const [first, ...rest] = drafts.map((draft, spelling) => ({ draft, spelling }));
      return { terms, batches: [first ? [first] : [], rest] };
    });
  });
const someCases = fc.array(fc.oneof({ arbitrary: aCase, weight: 4 }, partsOverPages), {
  minLength: 1,
  maxLength: AT_ONCE,
  size: 'max',
});

/** How far a case has come. */
interface Played {
  readonly terms: readonly Terms[];
  readonly laid: readonly Laid[];
  readonly batches: readonly Batch[];
  possible: Books[];
  found: Books['entries'];
}

let field: PaymentField;
let platforms: Platform[];

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  const settings = { DATABASE_URL: databaseUrl, LOG_LEVEL: 'error' };
  const first = await startPlatform(settings);
  platforms = [first, await startPlatform(settings)];
  const story = await newStory({ url: first.url, databaseUrl });
  field = new PaymentField(platforms, databaseUrl, story.partner.id, story.billerId, story.billerGuid);
  await field.quiet();
}, 60_000);

afterAll(async () => {
  await field.close();
  await stopPlatforms();
  await closeDb();
});

async function send(played: Played, { post, wire }: Batch[number]): Promise<void> {
  const capability = post.to === null ? null : (played.laid[post.to]?.capability ?? null);
  const status = await field.send(capability, wire);
  const expected = post.to === null ? 404 : 204;
  if (status !== expected) throw new Error(`expected ${expected}, got ${status}: ${JSON.stringify(wire)}`);
}

/** Money is never taken back, and what came in is the sum of its receipts. */
function expectMoneyKept(before: Books['entries'], now: Books['entries']): void {
  for (const [index, entry] of now.entries()) {
    const earlier = before[index];
    expect(entry.paid ?? 0).toBeGreaterThanOrEqual(earlier?.paid ?? 0);
    if (entry.receipts.length > 0 || entry.paid !== null) {
      expect(entry.receipts.reduce((sum, { cents }) => sum + cents, 0)).toBe(entry.paid);
      expect(entry.receipts.reduce((sum, { refund }) => sum + refund, 0)).toBe(entry.refundDue);
    }
    expect(entry.receipts).toEqual(expect.arrayContaining([...(earlier?.receipts ?? [])]));
  }
}

/** Plays all cases side by side, a batch of each at a time, and holds the books against the model after each batch. */
async function play(cases: readonly Case[]): Promise<void> {
  const laid = await field.lay(cases.map(({ terms }) => ({ terms, guids: GUIDS })));
  const all = cases.map(({ terms, batches }, index): Played => {
    const mine = laid[index] ?? [];
    const books = opened(terms);
    const written = batches.map((batch) =>
      batch.map(({ draft, spelling }) => {
        const about = mine[draft.to ?? 0]?.about;
        if (!about) throw new Error('no such payment');
        return write(draft, about, spelling);
      }),
    );
    return { terms, laid: mine, batches: written, possible: [books], found: books.entries };
  });
  for (let round = 0; ; round += 1) {
    const now = all.filter(({ batches }) => round < batches.length);
    if (now.length === 0) return;
    await Promise.all(now.flatMap((played) => (played.batches[round] ?? []).map((message) => send(played, message))));
    const found = await field.read(now.map((played) => played.laid));
    for (const [index, played] of now.entries()) compare(played, round, found[index] ?? []);
  }
}

function compare(played: Played, round: number, found: Books['entries']): void {
  const batch = played.batches[round] ?? [];
  const posts = batch.map(({ post }) => post);
  const allowed = outcomes(played.possible, played.terms, posts);
  const seen = JSON.stringify(found);
  const agreeing = allowed.filter(({ entries }) => JSON.stringify(entries) === seen);
  if (agreeing.length === 0) {
    const said = posts.map(({ identity: _, ...post }) => post);
    const before = played.possible.map(({ entries }) => entries);
    const expected = allowed.map(({ entries }) => entries);
    throw new Error(
      `no order of these messages leads to these books:\n${JSON.stringify({ terms: played.terms, before, said, found, expected }, null, 1)}`,
    );
  }
  expectMoneyKept(played.found, found);
  played.possible = agreeing;
  played.found = found;
}

describe('whatever is posted, in whatever order, as often as it may be, from however many connections', () => {
  test(
    `${PAYMENTS} payments come to what the model says`,
    async () => {
      let payments = 0;
      let cases = 0;
      while (payments < PAYMENTS) {
        await fc.assert(
          fc.asyncProperty(someCases, async (some) => {
            await play(some);
            cases += some.length;
            payments += some.reduce((sum, { terms }) => sum + terms.length, 0);
          }),
          {
            numRuns: SEED ? 1 : 5,
            // To shrink what was found, and no longer.
            interruptAfterTimeLimit: 45_000,
            ...(SEED && { seed: Number(SEED) }),
          },
        );
        if (SEED) break;
      }
      expect(await field.doubled()).toBe(0);
      process.stdout.write(`model: ${payments} payments in ${cases} cases, ${field.answered} messages\n`);
    },
    120_000 + 60 * PAYMENTS,
  );

  test('also when one of the processes is killed in the middle: what was answered was stored', async () => {
    const [cases = []] = fc.sample(fc.array(aCase, { minLength: 60, maxLength: 60, size: 'max' }), 1);
    const until = field.answered + 60;
    const played = play(cases);
    const killed = (async () => {
      while (field.answered < until) await new Promise((done) => setImmediate(done));
      await platforms[0]?.stop('SIGKILL');
    })();
    await Promise.all([played, killed]);
    expect(await field.doubled()).toBe(0);
  });
});
