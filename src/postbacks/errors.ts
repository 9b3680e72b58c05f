import { PlatformError } from '../common/platform-error.js';

export class PostbackUnknown extends PlatformError {
  static override readonly code = 'postback_unknown';
  static override readonly status = 404;
  static override readonly title = 'Nothing is expected at this address';
}

export class PostbackNotRecorded extends PlatformError {
  static override readonly code = 'postback_not_recorded';
  static override readonly status = 503;
  static override readonly title = 'The message could not be recorded';
}

export class PostbackNotFound extends PlatformError {
  static override readonly code = 'postback_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such postback';
}

export class PostbackDecided extends PlatformError {
  static override readonly code = 'postback_decided';
  static override readonly status = 409;
  static override readonly title = 'This postback is not held any more';
}

export class PaymentGuidSpent extends PlatformError {
  static override readonly code = 'payment_guid_spent';
  static override readonly status = 409;
  static override readonly title = 'This PaymentGUID stands in the books already';
}
