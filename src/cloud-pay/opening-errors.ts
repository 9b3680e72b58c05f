import { BillerHasNoApiKey, OriginNotAllowed, RestoreUnsettled } from '../billers/errors.js';
import { InvalidRequest } from '../common/platform-error.js';
import {
  InvoiceCloudAnswerUnreadable,
  InvoiceCloudBusy,
  InvoiceCloudKeyRefused,
  InvoiceCloudLimited,
  InvoiceCloudPaused,
  InvoiceCloudRejected,
  InvoiceCloudTimeout,
  InvoiceCloudUnavailable,
} from '../invoice-cloud/errors.js';
import {
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InvoiceAlreadyPaid,
  InvoiceBeingOpened,
  PaymentBeingRecorded,
  PaymentUncertain,
  PolicyViolation,
  PublicUrlMissing,
} from './errors.js';

/** What opening a payment can answer, for the API's description. */
export const OF_OPENING = [
  InvalidRequest,
  PolicyViolation,
  OriginNotAllowed,
  BillerHasNoApiKey,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InvoiceAlreadyPaid,
  InvoiceBeingOpened,
  PaymentBeingRecorded,
  PaymentUncertain,
  InvoiceCloudRejected,
  InvoiceCloudKeyRefused,
  InvoiceCloudUnavailable,
  InvoiceCloudPaused,
  InvoiceCloudBusy,
  InvoiceCloudLimited,
  InvoiceCloudAnswerUnreadable,
  InvoiceCloudTimeout,
  PublicUrlMissing,
  RestoreUnsettled,
];
