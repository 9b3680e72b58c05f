/** One thing wrong with a request: where, and what would be right. Never holds the value that was sent. */
export interface FieldError {
  /** Path in the request's own names. @example 'Customers[0].Invoices[0].BalanceDue' */
  readonly field: string;
  /** What is wrong and what would be accepted. */
  readonly reason: string;
  /** Only for a policy's pinned values, which are no payer's data. */
  readonly sent?: unknown;
  readonly allowed?: unknown;
}

export interface PlatformErrorOptions {
  readonly errors?: readonly FieldError[];
  /** Seconds after which the same request may work. */
  readonly retryAfter?: number;
  /** What was done before the failure and stays done, in order. */
  readonly completed?: readonly string[];
  /** What would have to be the case, by name, where the platform can't serve. */
  readonly missing?: readonly string[];
  /** For the log alone; must hold no secret and no payer's data. */
  readonly cause?: unknown;
}

/**
 * A failure with a name. `detail` is what the caller reads: what happened and what to do next.
 * Services throw these and nothing that speaks HTTP; one filter turns them into problem details (RFC 9457).
 */
export abstract class PlatformError extends Error {
  /** Stable, listed in docs/errors.md. */
  static readonly code: string;
  static readonly status: number;
  static readonly title: string;

  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  completed: readonly string[] | undefined;
  readonly missing: readonly string[] | undefined;

  constructor(
    readonly detail: string,
    options: PlatformErrorOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = new.target.name;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.completed = options.completed;
    this.missing = options.missing;
  }

  get type(): { readonly code: string; readonly status: number; readonly title: string } {
    return this.constructor as typeof PlatformError;
  }
}

export class InvalidRequest extends PlatformError {
  static override readonly code = 'invalid_request';
  static override readonly status = 400;
  static override readonly title = 'The request is not valid';

  /** @param errors at least one; each names its field. */
  static of(errors: readonly FieldError[]): InvalidRequest {
    const shown = errors.slice(0, 50);
    const fields = shown.map((error) => error.field).join(', ');
    return new InvalidRequest(`Correct and send again: ${fields}.`, { errors: shown });
  }
}

/** A key that has ended can't be made to go on. */
export class KeyEnded extends PlatformError {
  static override readonly code = 'key_ended';
  static override readonly status = 409;
  static override readonly title = 'This key has ended';
}

/** @throws KeyEnded when the key was revoked or has expired */
export function refuseEnded(key: { readonly revokedAt: Date | null; readonly expiresAt: Date | null }): void {
  if (key.revokedAt || (key.expiresAt && key.expiresAt <= new Date())) {
    throw new KeyEnded('It was revoked or has expired, and can not be rolled. Create a new key.');
  }
}
