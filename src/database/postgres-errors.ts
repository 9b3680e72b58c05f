import { QueryFailedError } from 'typeorm';

/** Whether an insert or update met a row that is already there. @param constraint its name, when only that one counts */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const driver = error.driverError as { code?: string; constraint?: string };
  return driver.code === '23505' && (constraint === undefined || driver.constraint === constraint);
}
