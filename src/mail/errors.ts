import { PlatformError } from '../common/platform-error.js';

export class MailNotSent extends PlatformError {
  static override readonly code = 'mail_not_sent';
  static override readonly status = 503;
  static override readonly title = 'The mail could not be sent';
}
