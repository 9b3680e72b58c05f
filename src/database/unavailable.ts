import { PlatformError, type PlatformErrorOptions } from '../common/platform-error.js';
import { isAway } from './postgres-errors.js';

/** How soon the same request may work again: a planned failover takes a few seconds. Seconds. */
const RETRY_AFTER = 5;

/** The database can't be reached, or takes no writes. */
export class DatabaseUnavailable extends PlatformError {
  static override readonly code = 'database_unavailable';
  static override readonly status = 503;
  static override readonly title = 'The database is away';

  constructor(detail: string, options: PlatformErrorOptions = {}) {
    super(detail, { retryAfter: RETRY_AFTER, ...options });
  }
}

/** Gives an error of the driver that speaks of the server (`isAway`) its name. Any other error stays what it is. */
export function named(error: unknown): unknown {
  if (error instanceof PlatformError || !isAway(error)) return error;
  return new DatabaseUnavailable(
    'The database can not be reached, or takes no writes. Send the request again after Retry-After. An opening is never done twice; if the request creates something else, look first whether it is there.',
    { cause: error },
  );
}
