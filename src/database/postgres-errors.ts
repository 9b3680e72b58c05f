import { QueryFailedError } from 'typeorm';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
  /** Of a system call that failed in this process, such as `connect`. */
  readonly syscall?: string;
  readonly cause?: unknown;
}

/**
 * PostgreSQL has committed on the primary, and no synchronous standby has confirmed it: the wait was cancelled, or the server
 * stopped. PostgreSQL reports it by a warning only, and the statement succeeds. What it wrote may be lost with the primary.
 */
export class NotReplicated extends Error {
  constructor() {
    super('committed on the primary, but not confirmed by the synchronous standby');
    this.name = 'NotReplicated';
  }
}

/** TypeORM wraps the driver's errors; a prepared statement's comes as it is. */
const causeOf = (error: unknown): DriverError =>
  ((error instanceof QueryFailedError ? error.driverError : error) ?? {}) as DriverError;

/** Whether an insert or update met a row that is already there. @param constraint its name, when only that one counts */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: violated } = causeOf(error);
  return code === '23505' && (constraint === undefined || violated === constraint);
}

/** The server is a standby, or was made read-only. A statement that writes is refused, and nothing of it was done. */
export const isReadOnly = (error: unknown): boolean => causeOf(error).code === '25006';

/**
 * SQLSTATEs that speak of the server or of the way to it, not of the statement. Classes 08 (connection; PgBouncer uses 08P01 for
 * all that it says itself), 28 (the server does not let us in) and 58 (the server's disk and system), and:
 * 25006 read-only; 3D000 no such database, as while one is restored; 53100 disk full; 53200 out of memory; 53300 too many connections;
 * 53400 a limit of its configuration; 57P01 to 57P05 it stops, crashed, starts or is in recovery, was dropped, ended our session.
 */
const AWAY_CODE = /^(08|28|58)\w{3}$|^(25006|3D000|53[1-4]00|57P0[1-5])$/;
/** Node's words for the same. */
const AWAY_SYSTEM_CODE =
  /^E(CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN|RESET)|ADDRNOTAVAIL|NOTFOUND|AI_\w+|MFILE|NFILE)$|^ERR_(STREAM|SOCKET|SSL|TLS)_\w+$/;
/** A unix socket that is not there, or not ours to open. The same codes of a file mean something else. */
const AWAY_SOCKET_CODE = /^E(NOENT|ACCES)$/;
/** The errors to which pg, pg-pool and this folder give no code. HAProxy without a server ends as "Connection terminated unexpectedly". */
const AWAY_WORDS =
  /^(connection terminated|client (has encountered a connection error|was closed)|timeout e(xceeded|xpired)|query read timeout|the server does not support ssl|there was an error establishing an ssl|the database connection |no host of database_url|cannot use a pool after)/i;

/**
 * Whether the database can't be reached, or can't be written to, at the moment: another statement would have failed as well.
 * Says nothing about whether this one was done (`isOwnFault`, and `isReadOnly`: it was not).
 */
export function isAway(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof NotReplicated) return true;
  if (cause.constraint !== undefined) return false;
  const code = cause.code ?? '';
  if (AWAY_CODE.test(code) || AWAY_SYSTEM_CODE.test(code)) return true;
  if (AWAY_SOCKET_CODE.test(code)) return cause.syscall === 'connect';
  // Words of an error that has no code: PostgreSQL's own words are translated, and its errors have one.
  return code === '' && AWAY_WORDS.test(cause.message ?? '');
}

/** Constraints that another process can make us meet, and that are met no more at the next look. */
const PASSING = ['receipts_payment_guid_key', 'deliveries_endpoint_fkey'];
/**
 * Deadlock, serialization failure, lock timeout, a cancelled statement, a transaction that was ended for its age, a prepared
 * statement that this connection does not have: they pass by themselves, though the database is there.
 */
const PASSING_CODE = /^(40P01|40001|55P03|57014|25P0[34]|26000)$/;

/** Whether the same transaction may succeed if it is tried again. */
export function mayWorkAgain(error: unknown): boolean {
  const { code, constraint } = causeOf(error);
  if (constraint !== undefined) return PASSING.includes(constraint);
  return PASSING_CODE.test(code ?? '') || isAway(error);
}

/**
 * Of the statement: its data, a constraint, a deadlock, a timeout, more memory than it may use. Connections, shutdowns, a full disk
 * and what follows from them are not: each item of a batch alone would fail like the whole.
 */
const OWN_FAULT = /^(22|23|40|54|55)\w{3}$|^(53[24]00|57014)$/;

/** Whether PostgreSQL itself says that the statement failed, and so that nothing of it was done. */
export function isOwnFault(error: unknown): boolean {
  return OWN_FAULT.test(causeOf(error).code ?? '');
}

/**
 * Whether a statement was not there that is prepared elsewhere: nothing was done. The connection is another one than we took it for
 * (a pooler's), or the statement in front of this one, which was to prepare it, was refused.
 */
export function isUnprepared(error: unknown): boolean {
  return causeOf(error).code === '26000';
}
