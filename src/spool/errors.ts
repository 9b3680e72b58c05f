import { PlatformError } from '../common/platform-error.js';

/** It may have room again once something was replayed. Seconds. */
const RETRY_AFTER = 10;

/** A message could not be recorded, and not be kept either. */
export class NotKept extends PlatformError {
  static override readonly code: string = 'not_kept';
  static override readonly status = 503;
  static override readonly title: string = 'The message could neither be recorded nor kept';

  constructor(detail: string, cause?: unknown) {
    super(detail, { retryAfter: RETRY_AFTER, cause });
  }
}

/** The spool has no room left. */
export class SpoolFull extends NotKept {
  static override readonly code = 'spool_full';
  static override readonly status = 503;
  static override readonly title = 'The spool is full';

  constructor() {
    super('The database is away, and the spool is full. Send the message again after Retry-After.');
  }
}

export class SpoolNotFound extends PlatformError {
  static override readonly code = 'spool_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such spool';
}

export class SpoolHeld extends PlatformError {
  static override readonly code = 'spool_held';
  static override readonly status = 409;
  static override readonly title = 'A process holds this spool';
}
