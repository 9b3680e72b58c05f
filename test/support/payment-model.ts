/**
 * What a payment must come to, written from what is promised and not from the code: no import of src/ stands here.
 * A state is the books of a few payments that may hang together; a message makes the next state, and messages that are
 * under way at the same moment make one of several.
 */

export type Status =
  | 'opening'
  | 'open'
  | 'failed'
  | 'unconfirmed'
  | 'declined'
  | 'expired'
  | 'partially-paid'
  | 'paid'
  | 'overpaid'
  | 'duplicate-payment';

/** What was asked for. Cents. */
export interface Terms {
  /** Payments of the same number are for the same invoice. */
  readonly invoice: number;
  readonly due: number;
  readonly inParts: boolean;
  readonly minimum: number | null;
  /** Of the parts on other pages of the invoice, what the partner had subtracted from what is due. */
  readonly subtracted: number;
  /** What became of the opening. */
  readonly start: Status;
}

export const FORGERIES = [
  'another biller',
  'another invoice',
  'another reference',
  'approval unreadable',
  'amount unreadable',
  'no PaymentGUID',
  'a name twice',
  'query and body disagree',
  'a field of ours',
] as const;
export type Forgery = (typeof FORGERIES)[number];

/** One message. */
export interface Post {
  /** Which payment's address it is sent to; null: nobody's. */
  readonly to: number | null;
  readonly approved: boolean;
  readonly guid: number;
  readonly cents: number;
  readonly fee: number | null;
  readonly forgery: Forgery | null;
  /** Two messages of the same identity are one message that is repeated, however it is spelled. */
  readonly identity: string;
}

export interface Receipt {
  readonly guid: number;
  readonly cents: number;
  readonly fee: number | null;
  readonly refund: number;
}

/** The books of one payment. */
export interface Entry {
  readonly status: Status;
  readonly paid: number | null;
  readonly fee: number | null;
  readonly refundDue: number;
  /** Whose PaymentGUID stands at the payment. */
  readonly first: number | null;
  /** In the order of their PaymentGUIDs. */
  readonly receipts: readonly Receipt[];
  readonly review: boolean;
  /** Messages that were kept, and how many of them wait for an administrator. */
  readonly kept: number;
  readonly held: number;
  /** Refusals after money. */
  readonly alerts: number;
  /** What the partner was told, in order: status, PaymentGUID, approval. */
  readonly told: readonly string[];
}

export interface Books {
  readonly entries: readonly Entry[];
  /** Identities of what was kept, sorted; what is in the books can't tell them. */
  readonly seen: readonly (readonly string[])[];
}

export const opened = (terms: readonly Terms[]): Books => ({
  entries: terms.map(({ start }) => ({
    status: start,
    paid: null,
    fee: null,
    refundDue: 0,
    first: null,
    receipts: [],
    review: false,
    kept: 0,
    held: 0,
    alerts: 0,
    told: [],
  })),
  seen: terms.map(() => []),
});

const SETTLED: readonly Status[] = ['paid', 'overpaid', 'duplicate-payment'];

/** What one message makes of the books. */
export function after(books: Books, terms: readonly Terms[], post: Post): Books {
  const { to } = post;
  if (to === null) return books;
  const [asked, entry, seen] = [terms[to], books.entries[to], books.seen[to]];
  if (!asked || !entry || !seen) throw new Error('no such payment');
  if (seen.includes(post.identity)) return books;
  const changed: Entry = { ...entry, kept: entry.kept + 1, ...effect(books, terms, post, asked, entry) };
  return {
    entries: books.entries.with(to, changed),
    seen: books.seen.with(to, [...seen, post.identity].sort()),
  };
}

function effect(books: Books, terms: readonly Terms[], post: Post, asked: Terms, entry: Entry): Partial<Entry> {
  const held = { review: true, held: entry.held + 1 };
  const other = otherParts(books, terms, asked, entry);
  if (post.forgery !== null || !agrees(post.cents, asked, (entry.paid ?? 0) + other)) return held;
  const tell = (status: Status): readonly string[] => [...entry.told, toldOf(status, post.guid, post.approved)];

  if (!post.approved) {
    if (entry.paid !== null) return { alerts: entry.alerts + 1 };
    return { status: 'declined', told: tell('declined') };
  }

  // One PaymentGUID is one payment, wherever it was booked.
  if (books.entries.some(({ receipts }) => receipts.some(({ guid }) => guid === post.guid))) return held;
  const settledBefore = books.entries.some(
    ({ status }, index) => SETTLED.includes(status) && terms[index]?.invoice === asked.invoice,
  );
  const paid = (entry.paid ?? 0) + post.cents;
  const tooMuch = settledBefore || (entry.paid ?? 0) + other >= asked.due;
  const status: Status = tooMuch
    ? 'duplicate-payment'
    : paid + other < asked.due
      ? 'partially-paid'
      : paid + other === asked.due
        ? 'paid'
        : 'overpaid';
  const refund = tooMuch ? post.cents : Math.max(paid + other - asked.due, 0);
  const receipt = { guid: post.guid, cents: post.cents, fee: post.fee, refund };
  return {
    status,
    paid,
    fee: post.fee === null ? entry.fee : (entry.fee ?? 0) + post.fee,
    refundDue: entry.refundDue + refund,
    first: entry.first ?? post.guid,
    receipts: [...entry.receipts, receipt].sort((one, other) => one.guid - other.guid),
    told: tell(status),
  };
}

/** What was paid in part on other pages of the invoice, and is still asked for on this one. */
function otherParts({ entries }: Books, terms: readonly Terms[], { invoice, subtracted }: Terms, own: Entry): number {
  const parts = entries.filter(
    (entry, index) => entry !== own && entry.status === 'partially-paid' && terms[index]?.invoice === invoice,
  );
  return Math.max(parts.reduce((sum, { paid }) => sum + (paid ?? 0), 0) - subtracted, 0);
}

export const toldOf = (status: string, guid: number, approved: boolean): string =>
  `${status} #${guid} ${approved ? 'True' : 'False'}`;

/** The balance, or a part where parts may be paid: not below the minimum, unless less than that is left. */
function agrees(cents: number, { due, inParts, minimum }: Terms, paid: number): boolean {
  if (cents === due) return true;
  if (!inParts || cents === 0) return false;
  const left = due - paid;
  return cents >= (minimum ?? 0) || left <= 0 || cents >= left;
}

/** Whatever several messages at once may make of each of the books: every order of them is allowed, and no other outcome. */
export function afterAll(possible: readonly Books[], terms: readonly Terms[], batch: readonly Post[]): Books[] {
  if (batch.length === 0) return [...possible];
  const next = new Map<string, Books>();
  for (const [index, post] of batch.entries()) {
    const rest = batch.toSpliced(index, 1);
    const here = possible.map((books) => after(books, terms, post));
    for (const books of afterAll(here, terms, rest)) next.set(JSON.stringify(books), books);
  }
  return [...next.values()];
}
