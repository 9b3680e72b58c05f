import { PlatformError } from '../common/platform-error.js';

export class BillerNotFound extends PlatformError {
  static override readonly code = 'biller_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such biller';
}

export class BillerGuidTaken extends PlatformError {
  static override readonly code = 'biller_guid_taken';
  static override readonly status = 409;
  static override readonly title = 'Another biller has this BillerGUID';
}

export class BillerHasNoApiKey extends PlatformError {
  static override readonly code = 'biller_has_no_api_key';
  static override readonly status = 409;
  static override readonly title = 'This biller has no Invoice Cloud API key yet';
}

export class ModeMismatch extends PlatformError {
  static override readonly code = 'mode_mismatch';
  static override readonly status = 403;
  static override readonly title = 'A test key never touches a live biller, nor the other way round';
}

export class KeyNotBound extends PlatformError {
  static override readonly code = 'key_not_bound';
  static override readonly status = 403;
  static override readonly title = 'This key is not bound to one biller';
}

export class SettingNotFound extends PlatformError {
  static override readonly code = 'setting_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such setting';
}

export class SettingMissing extends PlatformError {
  static override readonly code = 'setting_missing';
  static override readonly status = 409;
  static override readonly title = 'A setting of this biller is missing';
}

export class BillerDeactivated extends PlatformError {
  static override readonly code = 'biller_deactivated';
  static override readonly status = 409;
  static override readonly title = 'This biller is switched off';
}

/** See `unsettled.ts`. */
export class RestoreUnsettled extends PlatformError {
  static override readonly code = 'restore_unsettled';
  static override readonly status = 503;
  static override readonly title = 'Openings of this biller wait after a restore of the database';
}

export class BillerChanged extends PlatformError {
  static override readonly code = 'biller_changed';
  static override readonly status = 412;
  static override readonly title = 'Somebody else has changed this biller';
}

export class BillerHasOpenPayments extends PlatformError {
  static override readonly code = 'biller_has_open_payments';
  static override readonly status = 409;
  static override readonly title = 'This biller has open payments';
}

export class NothingToRestore extends PlatformError {
  static override readonly code = 'nothing_to_restore';
  static override readonly status = 409;
  static override readonly title = 'There is no earlier key to bring back';
}

export class SettingIdTaken extends PlatformError {
  static override readonly code = 'setting_id_taken';
  static override readonly status = 409;
  static override readonly title = 'This setting is defined already';
}

export class OriginNotAllowed extends PlatformError {
  static override readonly code = 'origin_not_allowed';
  static override readonly status = 422;
  static override readonly title = "The URL is outside the biller's allowed origins";
}
