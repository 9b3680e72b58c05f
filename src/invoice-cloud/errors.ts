import { PlatformError } from '../common/platform-error.js';

/** Errors of Invoice Cloud are told apart by what the caller can do next, not by what Invoice Cloud called them. */
export abstract class InvoiceCloudError extends PlatformError {
  get outcome(): 'not-done' | 'unknown' {
    return ['invoice_cloud_rejected', 'invoice_cloud_key_refused'].includes(this.type.code) ? 'not-done' : 'unknown';
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

/** An administrator must act: the biller's API key is not accepted. */
export class InvoiceCloudKeyRefused extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_key_refused';
  static override readonly status = 502;
  static override readonly title = 'Invoice Cloud refuses the API key of this biller';
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
    super(plain + words);
  }
}

/** Tell the operator: the answer is not what Invoice Cloud answers, so its meaning is unknown. */
export class InvoiceCloudAnswerUnreadable extends InvoiceCloudError {
  static override readonly code = 'invoice_cloud_answer_unreadable';
  static override readonly status = 502;
  static override readonly title = 'Invoice Cloud gave an answer that could not be read';
}
