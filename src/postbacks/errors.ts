import { PlatformError } from '../common/platform-error.js';

export class PostbackUnknown extends PlatformError {
  static override readonly code = 'postback_unknown';
  static override readonly status = 404;
  static override readonly title = 'Nothing is expected at this address';
}
