import { InvoiceCloudAnswerUnreadable, InvoiceCloudKeyRefused, InvoiceCloudRejected } from './errors.js';
import type { Operation } from './operations.js';

/** Turns a status into what the caller can do next; 408, 429 and 5xx are failures before they come here. */
export function refuseStatus(operation: Operation, status: number, body: unknown): void {
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) {
    throw new InvoiceCloudKeyRefused(
      `Invoice Cloud answered ${operation.name} with ${status}: it does not accept this biller's API key. An administrator sets it with PUT /admin/v1/billers/{billerId}/api-key.`,
    );
  }
  if (status >= 400) {
    throw new InvoiceCloudRejected(
      `Invoice Cloud refused ${operation.name} with ${status}. Change the request accordingly.`,
      { reason: textOf(read(body, 'Code')), accountNumber: textOf(read(body, 'AccountNumber')) },
      messageOf(body),
    );
  }
  throw new InvoiceCloudAnswerUnreadable(
    `Invoice Cloud answered ${operation.name} with ${status}, which leads elsewhere and is not followed. Check INVOICE_CLOUD_URL.`,
  );
}

/** Invoice Cloud's own words help the caller; they are cut, and passed to the caller only, never logged. */
function messageOf(body: unknown): string {
  const message = read(body, 'Message') ?? read(read(body, 'Data'), 'Message');
  if (typeof message !== 'string' || !message) return '';
  return ` It said: "${message.replace(/[\p{Cc}"]/gu, ' ').slice(0, 200)}".`;
}

/** A member of an answer, whatever the case of its name (observed). */
export function read(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const wanted = name.toLowerCase();
  return Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** @returns undefined when it is not JSON */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
