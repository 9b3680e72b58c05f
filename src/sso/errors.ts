import { PlatformError } from '../common/platform-error.js';

export class CredentialsWrong extends PlatformError {
  static override readonly code = 'invalid_credentials';
  static override readonly status = 422;
  static override readonly title = "The user's e-mail address or password is wrong";
}

export class TooManyAttempts extends PlatformError {
  static override readonly code = 'too_many_attempts';
  static override readonly status = 429;
  static override readonly title = 'Too many wrong passwords for this user';
}

export class TooManyMails extends PlatformError {
  static override readonly code = 'too_many_mails';
  static override readonly status = 429;
  static override readonly title = 'This user was asked too often in the last hour';
}

export class UserLocked extends PlatformError {
  static override readonly code = 'user_locked';
  static override readonly status = 423;
  static override readonly title = 'Invoice Cloud has locked this user';
}

export class UserNotRegistered extends PlatformError {
  static override readonly code = 'user_not_registered';
  static override readonly status = 409;
  static override readonly title = 'The user is not registered at Invoice Cloud';
}

export class AccountNotFound extends PlatformError {
  static override readonly code = 'account_not_found';
  static override readonly status = 404;
  static override readonly title = 'Invoice Cloud does not know this account';
}

export class AccountTaken extends PlatformError {
  static override readonly code = 'account_registered_to_another_user';
  static override readonly status = 409;
  static override readonly title = 'The account is registered to another user';
}

export class AccountNotLinked extends PlatformError {
  static override readonly code = 'account_not_linked';
  static override readonly status = 404;
  static override readonly title = 'The account is not one of this user';
}

export class EmailAddressTaken extends PlatformError {
  static override readonly code = 'email_address_taken';
  static override readonly status = 409;
  static override readonly title = 'Another user has this e-mail address';
}

export class SessionNotFound extends PlatformError {
  static override readonly code = 'session_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such session';
}

export class SessionExpired extends PlatformError {
  static override readonly code = 'session_expired';
  static override readonly status = 410;
  static override readonly title = 'The session is over';
}

export class TicketNotUsable extends PlatformError {
  static override readonly code = 'ticket_not_usable';
  static override readonly status = 410;
  static override readonly title = 'This link was used already, or has expired';
}

export class CredentialChangeNotFound extends PlatformError {
  static override readonly code = 'credential_change_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such change';
}
