import { PlatformError } from '../common/platform-error.js';

export class ReconciliationNotFound extends PlatformError {
  static override readonly code = 'reconciliation_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such reconciliation';
}
