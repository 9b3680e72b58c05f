import { QueryFailedError } from 'typeorm';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
}

/** Whether an insert or update met a row that is already there. @param constraint its name, when only that one counts */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  // TypeORM wraps the driver's errors; a prepared statement's comes as it is.
  const { code, constraint: violated } = ((error instanceof QueryFailedError ? error.driverError : error) ??
    {}) as DriverError;
  return code === '23505' && (constraint === undefined || violated === constraint);
}

/** Constraints that another process can make us meet, and that are met no more at the next look. */
const PASSING = ['receipts_payment_guid_key', 'deliveries_endpoint_fkey'];
/** Deadlock, serialization, lock timeout; the server stops, starts or fails over; too many connections. */
const PASSING_CODE =
  /^(40P01|40001|55P03|57P0[1-5]|25P03|53300|08\w{3}|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN))$/;
/** pg gives these no code. */
const PASSING_WORDS =
  /connection terminated|connection error|timeout exceeded when trying to connect|not queryable|silent/i;

/** Whether the same transaction may succeed if it is tried again. */
export function mayWorkAgain(error: unknown): boolean {
  const cause = (error instanceof QueryFailedError ? error.driverError : error) as DriverError & { message?: string };
  if (cause.constraint !== undefined) return PASSING.includes(cause.constraint);
  return PASSING_CODE.test(cause.code ?? '') || PASSING_WORDS.test(cause.message ?? '');
}

/** Of the statement: its data, a constraint, a deadlock, a timeout. Connections, shutdowns and what follows from them are not. */
const OWN_FAULT = /^(22|23|40|53|54|55)\w{3}$|^57014$/;

/** Whether PostgreSQL itself says that the statement failed, and so that nothing of it was done. */
export function isOwnFault(error: unknown): boolean {
  const { code } = ((error instanceof QueryFailedError ? error.driverError : error) ?? {}) as DriverError;
  return code !== undefined && OWN_FAULT.test(code);
}

/**
 * Whether a statement was not there that is prepared elsewhere: nothing was done. The connection is another one than we took it for
 * (a pooler's), or the statement in front of this one, which was to prepare it, was refused.
 */
export function isUnprepared(error: unknown): boolean {
  return ((error ?? {}) as DriverError).code === '26000';
}
