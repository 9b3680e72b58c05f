import type { Path } from './context.js';

/** A guard of the platform, taken out where its statements reach the driver. */
interface Mutation {
  readonly guard: string;
  applies(statement: { readonly text: string; readonly path: Path; readonly boundary: string | undefined }): boolean;
  /** The statement that is made instead. */
  readonly rewrite?: (text: string) => string;
  /** Made first, on the same connection. */
  readonly prelude?: readonly string[];
  /** The platform is told of success before the database has answered. */
  readonly early?: true;
  /** Only makes way for the mutation of that name: it does not count as one. */
  readonly aside?: true;
}

/** Where a statement that is made for many begins. */
const BRIEFLY = /\bas briefly\b/;
const PAUSED = '$&, (select pg_sleep(0.05)) as slept';

/** By which a payment that was seen without a lock is known to be the same still. */
const SEEN_VERSION = /\bp\.xmin = s\.version\b/;

/**
 * One entry a guard; those that are an index or a constraint are dropped in the database instead (guards.ts). They are found
 * by what the statement does, since its text may change.
 */
const MUTATIONS: readonly Mutation[] = [
  {
    guard: 'row-lock',
    applies: ({ text, path }) =>
      path === 'postback' && /\bpayments\b/i.test(text) && /\bfor (no key )?update\b/i.test(text),
    rewrite: (text) => text.replace(/\bfor (no key )?update(\s+of\s+\S+)?/i, ''),
  },
  {
    guard: 'seen-version',
    applies: ({ text }) => SEEN_VERSION.test(text),
    // Seen and locked in one statement: without a pause behind its snapshot, that takes luck.
    rewrite: (text) => text.replace(SEEN_VERSION, 'true').replace(BRIEFLY, PAUSED),
  },
  {
    guard: 'transactional-enqueue',
    applies: ({ text, path }) => path === 'postback' && /\binsert into "?deliveries"?\s*\(/i.test(text),
    prelude: ['commit', 'begin'],
  },
  {
    guard: 'meaning-unique',
    applies: ({ text }) => /^\s*insert into "?postbacks"?/i.test(text) && /on conflict \(payment_id/i.test(text),
    rewrite: (text) => text.replace(/on conflict\s*\([^)]*\)\s*do nothing/i, ''),
  },
  {
    guard: 'claim-expires',
    applies: ({ text, path }) => path === 'relay' && /\bclaimed_until\s*<=\s*now\(\)/i.test(text),
    rewrite: (text) => text.replace(/\bor\s+[\w.]*\bclaimed_until\s*<=\s*now\(\)/i, ''),
  },
  {
    guard: 'commit-before-answer',
    applies: ({ boundary, path }) => path === 'postback' && boundary === 'commit',
    prelude: ['select pg_sleep(0.05)'],
    early: true,
  },
  // Two processes must be seen to look before either has inserted: without the index alone, that takes luck.
  {
    guard: 'one-opening',
    aside: true,
    applies: ({ text }) => /\binsert into idempotency_keys\b/i.test(text) && BRIEFLY.test(text),
    rewrite: (text) => text.replace(BRIEFLY, PAUSED),
  },
  // Nothing is usual then, and every PostBack takes the way that these guards stand on.
  ...['row-lock', 'transactional-enqueue', 'commit-before-answer'].map((guard) => ({
    guard,
    aside: true as const,
    applies: ({ text }: { readonly text: string }) => SEEN_VERSION.test(text),
    rewrite: (text: string) => text.replace(SEEN_VERSION, 'false'),
  })),
];

export interface Mutated {
  readonly text: string;
  readonly prelude: readonly string[];
  readonly early: boolean;
}

/** What becomes of a statement without the guards that are named. */
export class Mutations {
  private readonly active: readonly Mutation[];
  private readonly applied = new Map<string, number>();

  constructor(without: readonly string[]) {
    this.active = MUTATIONS.filter(({ guard }) => without.includes(guard));
  }

  of(text: string, path: Path, boundary: string | undefined): Mutated {
    const found = this.active.find((mutation) => mutation.applies({ text, path, boundary }));
    if (!found) return { text, prelude: [], early: false };
    if (!found.aside) this.applied.set(found.guard, (this.applied.get(found.guard) ?? 0) + 1);
    return { text: found.rewrite?.(text) ?? text, prelude: found.prelude ?? [], early: found.early ?? false };
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.applied);
  }
}

/** Guards for which something happens at the driver; what is an index or a constraint is taken out in the database. */
export const AT_THE_DRIVER: readonly string[] = MUTATIONS.map(({ guard }) => guard);
