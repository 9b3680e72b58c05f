import {
  InvoiceCloudAnswerUnreadable,
  type InvoiceCloudError,
  InvoiceCloudTimeout,
  InvoiceCloudUnavailable,
} from './errors.js';
import type { Operation } from './operations.js';

/** A whole answer that is for the caller to judge: neither 408, 429 nor (but for a SOAP fault) 5xx. */
export interface Answer {
  readonly status: number;
  readonly data: string;
}

/** One attempt that brought no such answer. `sent`: false only where the request certainly never left. */
export type Failure =
  | { readonly kind: 'timeout'; readonly sent: boolean }
  | { readonly kind: 'connection'; readonly sent: boolean; readonly code: string }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'too-large' };

export type Exchanged = { readonly answer: Answer } | { readonly failure: Failure };

/** What speaks against Invoice Cloud's health. 429 does not: it is well, and we were too fast. */
export const isIllness = (exchanged: Exchanged): boolean =>
  'failure' in exchanged &&
  exchanged.failure.kind !== 'too-large' &&
  !(exchanged.failure.kind === 'status' && exchanged.failure.status === 429);

/** @returns what the caller is told of the last attempt */
export function errorOf({ name }: Operation, failure: Failure, timeoutMs: number): InvoiceCloudError {
  switch (failure.kind) {
    case 'too-large':
      return new InvoiceCloudAnswerUnreadable(`Invoice Cloud answered ${name} with more than 1 MiB.`);
    case 'timeout':
      return new InvoiceCloudTimeout(
        `Invoice Cloud did not finish answering ${name} within ${timeoutMs / 1000} s. Try again.`,
        failure.sent ? 'unknown' : 'not-done',
        { retryAfter: 5 },
      );
    case 'connection':
      return new InvoiceCloudUnavailable(
        `Invoice Cloud could not be reached for ${name}, or hung up (${failure.code}). Try again.`,
        failure.sent ? 'unknown' : 'not-done',
        { retryAfter: 5 },
      );
    case 'status': {
      const limited = failure.status === 429;
      const asked = failure.retryAfterMs === undefined ? undefined : Math.ceil(failure.retryAfterMs / 1000);
      return new InvoiceCloudUnavailable(
        `Invoice Cloud answered ${name} with ${failure.status}. Try again.`,
        limited ? 'not-done' : 'unknown',
        { retryAfter: Math.max(1, asked ?? (limited ? 30 : 5)) },
      );
    }
  }
}

/** Longer than this is not believed: a slip in a header must not put a biller out of action for a day. */
const MOST_RETRY_AFTER_MS = 900_000;

/** Retry-After, in seconds or as a date (RFC 9110). @returns undefined when there is none that can be read */
export function retryAfterMsOf(header: unknown, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : /[a-z]/i.test(text) ? Date.parse(text) - now : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MOST_RETRY_AFTER_MS);
}
