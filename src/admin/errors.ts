import { PlatformError } from '../common/platform-error.js';

export class SecretNotAccepted extends PlatformError {
  static override readonly code = 'secret_not_accepted';
  static override readonly status = 422;
  static override readonly title = 'Invoice Cloud did not accept this key';
}
