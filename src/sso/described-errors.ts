import { BillerHasNoApiKey, BillerNotFound, ModeMismatch } from '../billers/errors.js';
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
import { Forbidden, Unauthenticated } from '../partners/errors.js';

// For the API's description alone.

export const OF_CALLERS = [Unauthenticated, Forbidden, ModeMismatch, BillerNotFound];

export const OF_INVOICE_CLOUD = [
  BillerHasNoApiKey,
  InvoiceCloudRejected,
  InvoiceCloudKeyRefused,
  InvoiceCloudUnavailable,
  InvoiceCloudAnswerUnreadable,
  InvoiceCloudTimeout,
  InvoiceCloudLimited,
  InvoiceCloudBusy,
  InvoiceCloudPaused,
];
