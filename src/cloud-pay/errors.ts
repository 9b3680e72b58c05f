import { PlatformError } from '../common/platform-error.js';

export class PolicyViolation extends PlatformError {
  static override readonly code = 'policy_violation';
  static override readonly status = 422;
  static override readonly title = "The biller's policy does not allow this";
}

export class PaymentNotFound extends PlatformError {
  static override readonly code = 'payment_not_found';
  static override readonly status = 404;
  static override readonly title = 'There is no such payment';
}

export class IdempotencyKeyReused extends PlatformError {
  static override readonly code = 'idempotency_key_reused';
  static override readonly status = 422;
  static override readonly title = 'This Idempotency-Key was used with another body';
}

export class IdempotencyKeyInUse extends PlatformError {
  static override readonly code = 'idempotency_key_in_use';
  static override readonly status = 409;
  static override readonly title = 'A request with this Idempotency-Key is still running';
}

export class InvoiceAlreadyPaid extends PlatformError {
  static override readonly code = 'invoice_already_paid';
  static override readonly status = 409;
  static override readonly title = 'This invoice is paid already';
}

export class InvoiceBeingOpened extends PlatformError {
  static override readonly code = 'invoice_being_opened';
  static override readonly status = 409;
  static override readonly title = 'A page for this invoice is being opened';
}

export class PaymentBeingRecorded extends PlatformError {
  static override readonly code = 'payment_being_recorded';
  static override readonly status = 409;
  static override readonly title = 'A payment of this invoice has come in and is being recorded';
}

export class PaymentUncertain extends PlatformError {
  static override readonly code = 'payment_uncertain';
  static override readonly status = 503;
  static override readonly title = 'It can not be told now whether this invoice was paid';
}

export class NoRefundDue extends PlatformError {
  static override readonly code = 'no_refund_due';
  static override readonly status = 409;
  static override readonly title = 'Nothing is to be refunded for this payment';
}

export class ReturnLinkExpired extends PlatformError {
  static override readonly code = 'return_link_expired';
  static override readonly status = 410;
  static override readonly title = 'This way back has expired';
}

export class PublicUrlMissing extends PlatformError {
  static override readonly code = 'public_url_missing';
  static override readonly status = 503;
  static override readonly title = 'This platform does not know its own address yet';
}
