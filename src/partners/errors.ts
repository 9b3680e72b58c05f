import { PlatformError } from '../common/platform-error.js';

export class Unauthenticated extends PlatformError {
  static override readonly code = 'unauthenticated';
  static override readonly status = 401;
  static override readonly title = 'The API key is missing or not valid';
}

export class Forbidden extends PlatformError {
  static override readonly code = 'forbidden';
  static override readonly status = 403;
  static override readonly title = 'This key may not do that';
}

export class PartnerNotFound extends PlatformError {
  static override readonly code = 'partner_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such partner';
}

export class PartnerNameTaken extends PlatformError {
  static override readonly code = 'partner_name_taken';
  static override readonly status = 409;
  static override readonly title = 'Another partner has this name';
}

export class PartnerKeyNotFound extends PlatformError {
  static override readonly code = 'partner_key_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such key of this partner';
}

export class WebhookSecretNotFound extends PlatformError {
  static override readonly code = 'webhook_secret_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such webhook secret of this partner';
}

export class LastWebhookSecret extends PlatformError {
  static override readonly code = 'last_webhook_secret';
  static override readonly status = 409;
  static override readonly title = 'It is the last webhook secret of this partner that stays in force';
}
