import { PlatformError, type PlatformErrorOptions } from '../common/platform-error.js';

/** Whether Invoice Cloud may have done what was asked, although we have no good answer. */
export type Outcome = 'not-done' | 'unknown';

/** Errors of Invoice Cloud are told apart by what the caller can do next, not by what Invoice Cloud called them. */
export abstract class InvoiceCloudError extends PlatformError {
  constructor(
    detail: string,
    /** `not-done` is certain. Who asked for something that may be done once alone must take `unknown` for done. */
    readonly outcome: Outcome,
    options: PlatformErrorOptions = {},
  ) {
    super(detail, options);
  }
}

/** Try again: nothing is known to be wrong with the request. */
export class InvoiceCloudUnavailable extends InvoiceCloudError {
  static override readonly code: string = 'invoice_cloud_unavailable';
  static override readonly status: number = 502;
  static override readonly title: string = 'Invoice Cloud could not be reached';
}

/** Try again: it may or may not have done what was asked. */
export class InvoiceCloudTimeout extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_timeout';
  static override readonly status = 504;
  static override readonly title = 'Invoice Cloud did not answer in time';
}

/** An administrator must act: the biller's API key, or its Web Service Key, is not accepted. */
export class InvoiceCloudKeyRefused extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_key_refused';
  static override readonly status = 502;
  static override readonly title = 'Invoice Cloud refuses the API key of this biller';

  constructor(detail: string) {
    super(detail, 'not-done');
  }
}

/** What Invoice Cloud says about a refusal, beside its words (assumed). */
export interface RefusalFacts {
  readonly reason?: string | undefined;
  readonly accountNumber?: string | undefined;
}

/** Change the request: Invoice Cloud understood and refused it. */
export class InvoiceCloudRejected extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_rejected';
  static override readonly status = 422;
  static override readonly title = 'Invoice Cloud rejected the request';

  constructor(
    /** Without Invoice Cloud's words, which may repeat a payer's data: this is what may be stored. */
    readonly plain: string,
    readonly facts: RefusalFacts = {},
    words = '',
  ) {
    super(plain + words, 'not-done');
  }
}

/** Tell the operator: the answer is not what Invoice Cloud answers, so its meaning is unknown. */
export class InvoiceCloudAnswerUnreadable extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_answer_unreadable';
  static override readonly status = 502;
  static override readonly title = 'Invoice Cloud gave an answer that could not be read';

  constructor(detail: string) {
    super(detail, 'unknown');
  }
}

/** We did not ask at all. Try again after `retryAfter`. */
abstract class InvoiceCloudNotAsked extends InvoiceCloudError {
  /** @param retryAfter seconds, rounded up and at least one */
  constructor(detail: string, retryAfter: number) {
    super(detail, 'not-done', { retryAfter: Math.max(1, Math.ceil(retryAfter)) });
  }
}

/** Its breaker is open: Invoice Cloud failed this biller too often of late. */
export class InvoiceCloudPaused extends InvoiceCloudNotAsked {
  static override readonly code = 'invoice_cloud_paused';
  static override readonly status = 503;
  static override readonly title = 'Invoice Cloud keeps failing this biller and is left alone for a moment';
}

/** Its bulkhead is full: as many calls as are allowed are waiting for Invoice Cloud's answers. */
export class InvoiceCloudBusy extends InvoiceCloudNotAsked {
  static override readonly code = 'invoice_cloud_busy';
  static override readonly status = 503;
  static override readonly title = 'Too many calls of this biller wait for Invoice Cloud';
}

/**
 * More calls than the biller's own limit allows, or than Invoice Cloud takes now. Not a 429: no fault of the request's, and
 * below 500 is what is final.
 */
export class InvoiceCloudLimited extends InvoiceCloudNotAsked {
  static override readonly code = 'invoice_cloud_limited';
  static override readonly status = 503;
  static override readonly title = 'This biller has reached its limit of calls to Invoice Cloud';
}
