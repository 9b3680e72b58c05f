import { PlatformError } from '../common/platform-error.js';

export class AlertsGoNowhere extends PlatformError {
  static override readonly code = 'alerts_go_nowhere';
  static override readonly status = 409;
  static override readonly title = 'Nobody is told of alerts';
}
