import { PlatformError } from '../common/platform-error.js';

export class DeliveryNotFound extends PlatformError {
  static override readonly code = 'delivery_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such delivery';
}

export class EndpointNotFound extends PlatformError {
  static override readonly code = 'endpoint_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such endpoint';
}

export class TooManyReplays extends PlatformError {
  static override readonly code = 'too_many_replays';
  static override readonly status = 429;
  static override readonly title = 'Too many replays of this partner wait already';
}
