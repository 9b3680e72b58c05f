import { PlatformError } from '../common/platform-error.js';

export class AdminKeyNotFound extends PlatformError {
  static override readonly code = 'admin_key_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such administrator key';
}

export class OidcNotConfigured extends PlatformError {
  static override readonly code = 'oidc_unavailable';
  static override readonly status = 503;
  static override readonly title = 'The sign-in of administrators can not be checked now';
}
