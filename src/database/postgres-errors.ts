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
