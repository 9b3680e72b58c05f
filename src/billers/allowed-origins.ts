import type { Biller } from './biller.entity.js';
import { OriginNotAllowed } from './errors.js';

/**
 * Compared to the letter: neither a subdomain nor another port is the same.
 * @param field of the request, which the error names
 * @throws OriginNotAllowed unless the origin stands in the biller's list
 */
export function requireAllowed(
  biller: Biller,
  list: 'portalOrigins' | 'returnOrigins' | 'cssOrigins',
  field: string,
  origin: string,
): void {
  if (biller[list].includes(origin)) return;
  const allowed = biller[list].join(', ') || '(none is allowed yet)';
  const verb = list === 'portalOrigins' ? 'be' : 'begin with';
  throw new OriginNotAllowed(`${field} must ${verb} one of: ${allowed}. An administrator allows origins: ${list}.`, {
    errors: [{ field, reason: "is outside the biller's allowed origins" }],
  });
}
