import type { Chapter } from './options.js';

/** Something that the platform relies on, how it is taken out, and where its absence must be found. */
export interface Guard {
  readonly name: string;
  readonly what: string;
  /** The chapters that must find it. */
  readonly foundBy: readonly Chapter[];
  /** Where processes are killed, if that is what finds it. */
  readonly killedAt?: RegExp;
  /** How it is taken out in the test's database. Without: at the driver (preload/mutations.ts). */
  readonly sql?: readonly string[];
}

/** None of these is an edit of `src/`: an index is dropped, a setting changed, or a statement altered on its way. */
export const GUARDS: readonly Guard[] = [
  {
    name: 'row-lock',
    what: 'a PostBack locks its payment before it is judged',
    foundBy: ['races'],
  },
  {
    name: 'unique-guid',
    what: 'a PaymentGUID pays one payment of a biller (unique constraint)',
    foundBy: ['races'],
    sql: ['alter table receipts drop constraint receipts_payment_guid_key'],
  },
  {
    name: 'idempotency',
    what: 'an Idempotency-Key is claimed once (primary key)',
    foundBy: ['races'],
    sql: ['alter table idempotency_keys drop constraint idempotency_keys_pkey'],
  },
  {
    name: 'meaning-unique',
    what: 'the same message again is the same message (unique index)',
    foundBy: ['races'],
    sql: ['drop index postbacks_meaning_key'],
  },
  {
    name: 'transactional-enqueue',
    what: 'the message to the partner is recorded in the transaction that records the payment',
    foundBy: ['kills'],
    killedAt: /^postback: (.* deliveries|commit)/,
  },
  {
    name: 'one-opening',
    what: 'an invoice is opened once at a time (unique index)',
    foundBy: ['races'],
    sql: ['drop index payments_one_opening_key'],
  },
  {
    name: 'seen-version',
    what: 'a PostBack that was compared without a lock is recorded only if its payment has not changed since',
    foundBy: ['races'],
  },
  {
    name: 'claim-expires',
    what: 'a delivery whose process died is taken by another one (end of its claim)',
    foundBy: ['races'],
  },
  {
    name: 'durable-commit',
    what: 'a commit is on disk before it is answered (synchronous_commit)',
    foundBy: ['postgres'],
    sql: ['alter system set synchronous_commit = off', 'select pg_reload_conf()'],
  },
  {
    name: 'commit-before-answer',
    what: 'a PostBack is answered after its commit',
    foundBy: ['load'],
  },
];
